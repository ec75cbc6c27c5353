import { randomInt } from 'node:crypto';

/**
 * Letters and digits that look like no others: it is read, copied and typed by people, and taken for an option by
 * nobody.
 */
const characters = 'abcdefghijkmnpqrstuvwxyz23456789';
const length = 12;

/** A password of 60 bits. */
export function demoPassword(): string {
  return Array.from({ length }, () => characters[randomInt(characters.length)]).join('');
}

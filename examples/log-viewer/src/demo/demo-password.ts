import { randomInt } from 'node:crypto';

/**
 * Unambiguous letters and digits: people read, copy and type it, and no program must mistake it for an option.
 */
const characters = 'abcdefghijkmnpqrstuvwxyz23456789';
const length = 12;

/** A password of 60 bits. */
export function demoPassword(): string {
  return Array.from({ length }, () => characters[randomInt(characters.length)]).join('');
}

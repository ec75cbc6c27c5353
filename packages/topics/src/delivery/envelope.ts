import type { Position } from '../bus/position.ts';
import type { Person } from '../people/person.ts';

/**
 * What the server sends to a subscriber of a topic with an envelope, as JSON. `data` is text that was published;
 * `bytes` is published bytes, in Base64.
 */
export type TopicMessage = { readonly topic: string } & (
  | { readonly data: unknown; readonly offset?: number }
  | { readonly bytes: string; readonly offset?: number }
  | { readonly subscribed: Subscribed }
  | { readonly gap: Partial<Position> }
  | { readonly epoch: string }
  | { readonly people: readonly Person[]; readonly page?: number; readonly more?: true }
  | { readonly joined?: readonly Person[]; readonly left?: readonly string[] }
  | { readonly count: number }
  | { readonly refused: string }
);

/** The first message of a subscription. */
export interface Subscribed extends Partial<Position> {
  /** Whether every message missed since the requested position follows. */
  readonly recovered: boolean;
}

/** Builds envelopes. `publish()` has checked that text is JSON, so it is inserted as is. */
export class Envelope {
  readonly #start: string;

  constructor(topic: string) {
    this.#start = `{"topic":${JSON.stringify(topic)}`;
  }

  message(data: string | Buffer, offset: number | undefined): string {
    const place = offset === undefined ? '' : `,"offset":${offset}`;
    const content = typeof data === 'string' ? `"data":${data}` : `"bytes":"${data.toString('base64')}"`;
    return `${this.#start}${place},${content}}`;
  }

  /**
   * A page of the people present. Page 0 starts the list from scratch; the page without `more` ends it.
   *
   * @param people as JSON
   */
  people(people: readonly string[], page: number, more: boolean): string {
    const place = `${page > 0 || more ? `,"page":${page}` : ''}${more ? ',"more":true' : ''}`;
    return `${this.#start},"people":[${people.join()}]${place}}`;
  }

  /** @param joined people as JSON, @param left ids */
  peopleChanges(joined: readonly string[], left: readonly string[]): string {
    const lists = [
      ...(joined.length > 0 ? [`"joined":[${joined.join()}]`] : []),
      ...(left.length > 0 ? [`"left":${JSON.stringify(left)}`] : []),
    ];
    return `${this.#start},${lists.join()}}`;
  }

  /** Any other note about the topic. */
  note(name: string, value: unknown): string {
    return `${this.#start},"${name}":${JSON.stringify(value)}}`;
  }
}

/** @throws {TypeError} on text that is not valid JSON, naming the topic */
export function assertJson(topic: string, text: string): void {
  try {
    JSON.parse(text);
  } catch (error) {
    throw new TypeError(
      `Invalid message of topic ${topic}: expected JSON because the topic has an envelope (${(error as Error).message})`,
    );
  }
}

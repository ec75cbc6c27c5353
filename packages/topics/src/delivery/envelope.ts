import type { Position } from '../bus/position.ts';
import type { Person } from '../people/person.ts';

/**
 * What a subscriber of a topic with an envelope is sent, as JSON. `data` is what was published, `bytes` the same of
 * bytes, in Base64.
 */
export type TopicMessage = { readonly topic: string } & (
  | { readonly data: unknown; readonly offset?: number }
  | { readonly bytes: string; readonly offset?: number }
  | { readonly subscribed: Subscribed }
  | { readonly gap: Partial<Position> }
  | { readonly people: readonly Person[]; readonly page?: number; readonly more?: true }
  | { readonly joined?: readonly Person[]; readonly left?: readonly string[] }
  | { readonly count: number }
  | { readonly refused: string }
);

/** What a subscription begins with. */
export interface Subscribed extends Partial<Position> {
  /** Whether all that was missed since the position that was named follows. */
  readonly recovered: boolean;
}

/** Text that went through `publish()`, which has seen that it is JSON, is put in as it is. */
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
   * A page of who is there. Page 0 begins the list anew, and the one without `more` ends it.
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

  /** Anything else that is told of the topic. */
  note(name: string, value: unknown): string {
    return `${this.#start},"${name}":${JSON.stringify(value)}}`;
  }
}

/** @throws {TypeError} on text that is not valid JSON, with the topic's name */
export function assertJson(topic: string, text: string): void {
  try {
    JSON.parse(text);
  } catch (error) {
    throw new TypeError(
      `Invalid message of topic ${topic}: expected JSON, as it has an envelope (${(error as Error).message})`,
    );
  }
}

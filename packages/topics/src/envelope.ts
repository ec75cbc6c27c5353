import type { Position } from './position.ts';
import type { Person } from './person.ts';

/** What a subscriber of a topic with an envelope is sent, as JSON. `data` is what was published. */
export type TopicMessage = { readonly topic: string } & (
  | { readonly data: unknown; readonly offset?: number }
  | { readonly subscribed: Subscribed }
  | { readonly gap: Partial<Position> }
  | { readonly people: readonly Person[] }
  | { readonly joined: Person }
  | { readonly left: Person }
  | { readonly refused: string }
);

/** What a subscription begins with. */
export interface Subscribed extends Partial<Position> {
  /** Whether all that was missed since the position that was named follows. */
  readonly recovered: boolean;
}

/** Messages that went through `publish()`, which has seen that they are JSON, are put in as they are. */
export class Envelope {
  readonly #start: string;

  constructor(topic: string) {
    this.#start = `{"topic":${JSON.stringify(topic)}`;
  }

  data(json: string, offset: number | undefined): string {
    const place = offset === undefined ? '' : `,"offset":${offset}`;
    return `${this.#start}${place},"data":${json}}`;
  }

  /** Anything else that is told of the topic. */
  note(name: string, value: unknown): string {
    return `${this.#start},"${name}":${JSON.stringify(value)}}`;
  }
}

/** @throws {TypeError} on what is no JSON, with the topic's name */
export function assertJson(topic: string, message: unknown): asserts message is string {
  if (typeof message !== 'string') {
    throw new TypeError(
      `Invalid message of topic ${topic}: in an envelope it is JSON text, received ${typeof message}`,
    );
  }
  try {
    JSON.parse(message);
  } catch (error) {
    throw new TypeError(
      `Invalid message of topic ${topic}: in an envelope it is JSON text (${(error as Error).message})`,
    );
  }
}

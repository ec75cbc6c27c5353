import type { Position } from '../bus/position.ts';
import type { Replica } from './replica.ts';

/** A page of this many bytes is full: a page is parsed and sent in one go, so it must be short. */
const fullBytes = 44 * 1024;

/** Whether a subscriber may have a key. */
export type KeyRule = ((key: string) => boolean) | undefined;

/** Builds the messages of a state, as JSON. */
export class StatePages {
  readonly #start: string;
  readonly #replica: Replica;

  constructor(name: string, replica: Replica) {
    this.#start = `{"topic":${JSON.stringify(name)}`;
    this.#replica = replica;
  }

  /**
   * The whole state. Page 0 starts it from scratch; the page without `more` ends it.
   *
   * @param position of the last change that is in it for certain
   */
  *snapshot(rule: KeyRule, { epoch, offset }: Position): Generator<string, void> {
    let entries: string[] = [];
    let bytes = 0;
    let page = 0;
    for (const key of this.#replica.keys()) {
      const entry = this.#replica.get(key);
      if (entry === undefined || rule?.(key) === false) continue;
      if (bytes >= fullBytes) {
        yield `${this.#start},"state":{${entries.join()}},"page":${page++},"more":true}`;
        [entries, bytes] = [[], 0];
      }
      const text = `${JSON.stringify(key)}:${entry.value}`;
      entries.push(text);
      bytes += Buffer.byteLength(text) + 1;
    }
    const place = `${page > 0 ? `,"page":${page}` : ''},"epoch":${JSON.stringify(epoch)},"offset":${offset}`;
    yield `${this.#start},"state":{${entries.join()}}${place}}`;
  }

  /**
   * The present values of keys that have changed. The last message has the position, and the epoch if it is new.
   *
   * @returns undefined if the rule allows none of the keys, and the epoch is not new
   */
  changes(keys: Iterable<string>, position: Position, { rule, isNewEpoch }: ChangeOptions): string[] | undefined {
    const texts: string[] = [];
    let [set, unset, bytes]: [string[], string[], number] = [[], [], 0];
    const take = (place: string): void => {
      const parts = [
        ...(set.length > 0 ? [`"set":{${set.join()}}`] : []),
        ...(unset.length > 0 ? [`"unset":[${unset.join()}]`] : []),
      ];
      texts.push(`${this.#start}${place},${parts.length > 0 ? parts.join() : '"set":{}'}}`);
      [set, unset, bytes] = [[], [], 0];
    };
    let isEmpty = true;
    for (const key of keys) {
      if (rule?.(key) === false) continue;
      isEmpty = false;
      if (bytes >= fullBytes) take('');
      const name = JSON.stringify(key);
      const entry = this.#replica.get(key);
      if (entry === undefined) unset.push(name);
      else set.push(`${name}:${entry.value}`);
      bytes += Buffer.byteLength(name) + (entry === undefined ? 0 : Buffer.byteLength(entry.value)) + 2;
    }
    if (isEmpty && !isNewEpoch) return undefined;
    const { epoch, offset } = position;
    take(isNewEpoch ? `,"epoch":${JSON.stringify(epoch)},"offset":${offset}` : `,"offset":${offset}`);
    return texts;
  }
}

export interface ChangeOptions {
  readonly rule: KeyRule;
  /** Whether the subscriber has a position of another epoch. */
  readonly isNewEpoch: boolean;
}

import type { Position } from '../bus/position.ts';
import { PageLimit } from '../people/page-limit.ts';
import type { Replica } from './replica.ts';

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
    let [entries, limit]: [string[], PageLimit] = [[], new PageLimit(Infinity)];
    let page = 0;
    // What changes while pages are being sent may be in them, and follows as a change anyway.
    for (const { key, value } of this.#replica.entries()) {
      if (rule?.(key) === false) continue;
      if (limit.isFull) {
        yield `${this.#start},"state":{${entries.join()}},"page":${page++},"more":true}`;
        [entries, limit] = [[], new PageLimit(Infinity)];
      }
      const text = `${JSON.stringify(key)}:${value}`;
      entries.push(text);
      limit.add(text);
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
    let [set, unset, limit]: [string[], string[], PageLimit] = [[], [], new PageLimit(Infinity)];
    const take = (place: string): void => {
      const parts = [
        ...(set.length > 0 ? [`"set":{${set.join()}}`] : []),
        ...(unset.length > 0 ? [`"unset":[${unset.join()}]`] : []),
      ];
      texts.push(`${this.#start}${place},${parts.length > 0 ? parts.join() : '"set":{}'}}`);
      [set, unset, limit] = [[], [], new PageLimit(Infinity)];
    };
    for (const key of keys) {
      if (rule?.(key) === false) continue;
      if (limit.isFull) take('');
      const name = JSON.stringify(key);
      const entry = this.#replica.get(key);
      const text = entry === undefined ? name : `${name}:${entry.value}`;
      (entry === undefined ? unset : set).push(text);
      limit.add(text);
    }
    if (limit.isEmpty && !isNewEpoch) return undefined;
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

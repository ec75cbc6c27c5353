import type { Position } from '../bus/position.ts';
import type { StateEntry } from '../bus/state-store.ts';
import { BrokerPlaces, NodePlaces, type LoggedChange, type Places } from './places.ts';

/** At least this many changes are kept for clients that were away. */
const leastLogged = 1_000;

/**
 * A state as this node knows it, with its recent changes. Each change has a number on this node, which goes on if the
 * broker's positions start afresh: so what a subscriber lacks is known after a failover, too.
 */
export class Replica {
  readonly #entries = new Map<string, StateEntry>();
  readonly #places: Places;
  #log: LoggedChange[] = [];
  /** The number of the first change in the log. */
  #first = 1;
  #position: Position | undefined;

  /**
   * @param isExact whether the state is always loaded as it is at a position of the broker: positions then mean the
   *   same on all nodes. What the application loads may have changes that nobody has told, and its positions are this
   *   node's
   */
  constructor(isExact: boolean) {
    this.#places = isExact ? new BrokerPlaces() : new NodePlaces();
  }

  /** The broker's position of the last message; undefined until the state is loaded. */
  get position(): Position | undefined {
    return this.#position;
  }

  /** The number of the last change; 0 before the first. */
  get lastChange(): number {
    return this.#first + this.#log.length - 1;
  }

  /** The position that clients are told; undefined until the state is loaded. */
  get place(): Position | undefined {
    return this.#position && this.#places.placeOf(this.#position, this.lastChange);
  }

  get(key: string): StateEntry | undefined {
    return this.#entries.get(key);
  }

  entries(): Iterable<StateEntry> {
    return this.#entries.values();
  }

  /** Takes over a whole state: what differs from before counts as changed. */
  load(position: Position, entries: readonly StateEntry[]): void {
    this.#places.onLoad(position, this.#position, this.lastChange);
    this.#position = position;
    const gone = new Set(this.#entries.keys());
    for (const entry of entries) {
      gone.delete(entry.key);
      if (this.#entries.get(entry.key)?.value !== entry.value) this.#note(entry.key);
      this.#entries.set(entry.key, entry);
    }
    for (const key of gone) {
      this.#entries.delete(key);
      this.#note(key);
    }
  }

  /** Sets a key, unless it has a later version. */
  set(entry: StateEntry, position: Position): void {
    this.#position = position;
    const former = this.#entries.get(entry.key);
    if (former !== undefined && former.version > entry.version) return;
    this.#entries.set(entry.key, entry);
    if (former?.value !== entry.value) this.#note(entry.key);
  }

  /** Deletes a key, unless it has a later version. */
  delete(key: string, version: number, position: Position): void {
    this.#position = position;
    const former = this.#entries.get(key);
    if (former === undefined || former.version > version) return;
    this.#entries.delete(key);
    this.#note(key);
  }

  /** A message came that changes nothing. */
  moveTo(position: Position): void {
    this.#position = position;
  }

  /** The keys that have changed after a change of this number; undefined if the log does not go back so far. */
  changedAfter(number: number): Set<string> | undefined {
    if (number < this.#first - 1) return undefined;
    return new Set(this.#log.slice(number - this.#first + 1).map(({ key }) => key));
  }

  /** The number of the last change that a client has; undefined if that is not known. */
  numberAt(place: Position): number | undefined {
    if (this.#position === undefined) return undefined;
    return this.#places.numberAt(place, { position: this.#position, log: this.#log, first: this.#first });
  }

  #note(key: string): void {
    this.#log.push({ key, offset: this.#position?.offset ?? 0 });
    const kept = Math.max(leastLogged, this.#entries.size);
    if (this.#log.length <= 2 * kept) return;
    this.#first += this.#log.length - kept;
    this.#log = this.#log.slice(-kept);
  }
}

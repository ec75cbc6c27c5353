import type { Member } from './member.ts';
import type { Told } from './pacer.ts';
import { PageLimit, peopleOnPage } from './page-limit.ts';
import type { PeopleExchange } from './people-exchange.ts';
import type { Person, Profile } from './person.ts';
import type { Room } from './room.ts';

/** Up to a page of the changes since they were last told. */
export interface PeopleChanges {
  readonly joined: readonly Member[];
  readonly left: readonly Member[];
  /** People who were already present and have new details. */
  readonly changed: readonly Member[];
  /** Whether more follows in the next turn. */
  readonly more: boolean;
}

export interface PresenceParts {
  readonly topic: string;
  readonly exchange: PeopleExchange;
  /** How long, in ms, a person may be away before others are told. */
  readonly leaveDelay: number;
  /** Called after changes, and after {@link Presence.requestTelling}. */
  onChanges(changes: PeopleChanges): void;
}

/** Tracks who is subscribed to a topic, on all nodes, while it is held. */
export class Presence {
  readonly #parts: PresenceParts;
  #room: Room | undefined;
  #holds = 0;
  #isTellingRequested = false;

  constructor(parts: PresenceParts) {
    this.#parts = parts;
  }

  /** The people present, as far as this node knows. */
  people(): Person[] {
    return Array.from(this.members(), ({ person }) => person);
  }

  get size(): number {
    return this.#room?.size ?? 0;
  }

  /** A live iterator: yields members added during the iteration, skips removed ones. */
  members(): Iterator<Member> & Iterable<Member> {
    return this.#room?.members() ?? [].values();
  }

  /** Tracks people on all nodes until {@link release}. */
  hold(): void {
    this.#holds++;
    if (this.#holds > 1) return;
    const { topic, exchange, leaveDelay } = this.#parts;
    this.#room = exchange.follow(topic, { leaveDelay, tell: () => this.#tell() });
  }

  release(): void {
    this.#holds--;
    if (this.#holds > 0) return;
    this.#parts.exchange.unfollow(this.#parts.topic);
    this.#room = undefined;
  }

  /** A person has one more socket on this node. */
  join(profile: Profile): void {
    this.#room?.join(profile);
    this.#update();
  }

  /** A person has one socket less on this node. */
  leave(person: Person, options: { readonly atOnce: boolean }): void {
    this.#room?.leave(person, options);
    this.#update();
  }

  /** Calls `onChanges` soon, even without changes. */
  requestTelling(): void {
    this.#isTellingRequested = true;
    this.#update();
  }

  /** Stops reporting changes. */
  end(): void {
    this.#room = undefined;
  }

  #update(): void {
    this.#parts.exchange.update(this.#parts.topic);
  }

  #tell(): Told {
    if (this.#room === undefined || !(this.#room.hasChanges || this.#isTellingRequested)) return 'nothing';
    this.#isTellingRequested = false;
    const changes = takePage(this.#room);
    this.#parts.onChanges(changes);
    return changes.more ? 'more' : 'whole';
  }
}

function takePage(room: Room): PeopleChanges {
  const limit = new PageLimit(peopleOnPage);
  const joined: Member[] = [];
  const left: Member[] = [];
  const changed: Member[] = [];
  for (const change of room.takeChanges()) {
    if (change.before === undefined) joined.push(change.now);
    else if (change.now === undefined) left.push(change.before);
    else changed.push(change.now);
    limit.add((change.now ?? change.before).text);
    if (limit.isFull) break;
  }
  return { joined, left, changed, more: room.hasChanges };
}

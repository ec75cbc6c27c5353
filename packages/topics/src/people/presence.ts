import type { BusMessage } from '../bus/broker.ts';
import { Feed } from '../feed/feed.ts';
import type { HubContext } from '../feed/hub-context.ts';
import { nodeOf, type NodeObserver, type NodeWatch } from './node-watch.ts';
import { assertPerson, type Person } from './person.ts';

/** What nodes tell each other of a topic's subscribers. */
type PresenceMessage =
  | { readonly type: 'here'; readonly people: readonly Person[] }
  | { readonly type: 'join'; readonly person: Person }
  | { readonly type: 'leave'; readonly id: string; readonly atOnce?: true }
  /** Who is there? Each node answers with `here`. */
  | { readonly type: 'ask' };

export interface PresenceListener {
  onJoin(person: Person): void;
  onLeave(person: Person): void;
}

export interface PresenceParts {
  readonly context: HubContext;
  readonly nodes: NodeWatch;
  /** How long, in ms, one may be away before that is told. */
  readonly leaveDelay: number;
  readonly listener: PresenceListener;
}

interface LocalPerson {
  readonly person: Person;
  sockets: number;
}

/**
 * Who is subscribed to a topic, on all nodes. Each node says who is there, and what another said is forgotten when that
 * node is gone: presence is a lease, and not a record that a dead node leaves behind.
 */
export class Presence implements NodeObserver {
  readonly #parts: PresenceParts;
  readonly #feed: Feed;
  readonly #local = new Map<string, LocalPerson>();
  readonly #remote = new Map<string, Map<string, Person>>();
  readonly #shown = new Map<string, Person>();
  readonly #leaving = new Map<string, NodeJS.Timeout>();
  #holds = 0;

  constructor(topic: string, parts: PresenceParts) {
    this.#parts = parts;
    this.#feed = new Feed({ name: `\u0000presence:${topic}`, history: null }, parts.context, {
      onMessage: (message) => this.#receive(message),
      onGap: () => this.#askAnew(),
    });
  }

  get feed(): Feed {
    return this.#feed;
  }

  /** Those who are there as far as this node knows, which is soon after the first {@link hold}. */
  people(): Person[] {
    return [...this.#shown.values()];
  }

  /** Follows the other nodes, until {@link release}. */
  hold(): void {
    this.#holds++;
    if (this.#holds > 1) return;
    this.#parts.nodes.add(this);
    this.#feed.hold().then(
      () => this.#askAnew(),
      () => {},
    );
  }

  release(): void {
    this.#holds--;
    if (this.#holds > 0) return;
    this.#parts.nodes.delete(this);
    this.#feed.release();
    this.end();
  }

  /** Nobody is told of anything any more. */
  end(): void {
    for (const timer of this.#leaving.values()) clearTimeout(timer);
    this.#leaving.clear();
    this.#remote.clear();
    this.#shown.clear();
  }

  /** Somebody has one socket more here. */
  join(person: Person): void {
    const known = this.#local.get(person.id);
    this.#local.set(person.id, { person, sockets: (known?.sockets ?? 0) + 1 });
    if (known === undefined) this.#tell({ type: 'join', person });
    this.#update(person.id);
  }

  /** Somebody has one socket less here. */
  leave(id: string, atOnce = false): void {
    const known = this.#local.get(id)!;
    known.sockets--;
    if (known.sockets > 0) return;
    this.#local.delete(id);
    this.#tell({ type: 'leave', id, ...(atOnce && { atOnce }) });
    this.#update(id, atOnce);
  }

  onNodeGone(node: string): void {
    const people = this.#remote.get(node);
    this.#remote.delete(node);
    for (const id of people?.keys() ?? []) this.#update(id);
  }

  onNodeFound(): void {
    this.#tell({ type: 'ask' });
  }

  #askAnew(): void {
    this.#tell({ type: 'ask' });
    this.#tellAll();
  }

  #tellAll(): void {
    if (this.#local.size > 0)
      this.#tell({ type: 'here', people: [...this.#local.values()].map(({ person }) => person) });
  }

  /** Where it does not reach the others, they ask when they are back. */
  #tell(message: PresenceMessage): void {
    void this.#feed.tell(JSON.stringify(message));
  }

  #receive({ origin, data }: BusMessage): void {
    const node = nodeOf(origin);
    if (node === this.#parts.context.id) return;
    const message = parse(data);
    if (message === undefined) return;
    this.#parts.nodes.hear(node);
    switch (message.type) {
      case 'ask':
        return this.#tellAll();
      case 'here':
        return this.#replace(node, message.people);
      case 'join':
        this.#peopleOf(node).set(message.person.id, message.person);
        return this.#update(message.person.id);
      case 'leave':
        this.#remote.get(node)?.delete(message.id);
        return this.#update(message.id, message.atOnce);
    }
  }

  #replace(node: string, people: readonly Person[]): void {
    const before = this.#remote.get(node) ?? new Map<string, Person>();
    const now = new Map(people.map((person) => [person.id, person]));
    this.#remote.set(node, now);
    for (const id of new Set([...before.keys(), ...now.keys()])) this.#update(id);
  }

  #peopleOf(node: string): Map<string, Person> {
    const people = this.#remote.get(node) ?? new Map<string, Person>();
    this.#remote.set(node, people);
    return people;
  }

  #find(id: string): Person | undefined {
    const local = this.#local.get(id);
    if (local !== undefined) return local.person;
    for (const people of this.#remote.values()) {
      const person = people.get(id);
      if (person !== undefined) return person;
    }
    return undefined;
  }

  /** Tells what has changed about somebody. */
  #update(id: string, atOnce = false): void {
    const person = this.#find(id);
    if (person !== undefined) return this.#show(person);
    if (!this.#shown.has(id)) return undefined;
    const { leaveDelay } = this.#parts;
    if (atOnce || leaveDelay === 0) return this.#hide(id);
    if (this.#leaving.has(id)) return undefined;
    this.#leaving.set(id, setTimeout(() => this.#hide(id), leaveDelay).unref());
    return undefined;
  }

  #show(person: Person): void {
    clearTimeout(this.#leaving.get(person.id));
    this.#leaving.delete(person.id);
    const isNew = !this.#shown.has(person.id);
    this.#shown.set(person.id, person);
    if (isNew) this.#parts.listener.onJoin(person);
  }

  #hide(id: string): void {
    const person = this.#shown.get(id)!;
    clearTimeout(this.#leaving.get(id));
    this.#leaving.delete(id);
    this.#shown.delete(id);
    this.#parts.listener.onLeave(person);
  }
}

/** What is none is dropped: it came from something else that writes to the bus. */
function parse(data: string | Buffer): PresenceMessage | undefined {
  try {
    const message = JSON.parse(String(data)) as PresenceMessage;
    if (message.type === 'join') assertPerson(message.person);
    if (message.type === 'here') for (const person of message.people) assertPerson(person);
    return message;
  } catch {
    return undefined;
  }
}

import { resolveLimits, WebSocket } from '@turnout/core';
import type { Person, Position } from '@turnout/topics';
import type { SimNode } from './sim-node.ts';
import { createStream, noteWireMessage, type Stream } from './stream.ts';
import { drops, hasHistory, type TopicName } from './topics.ts';
import { WireEnd } from './wire.ts';
import type { World } from './world.ts';

const limits = resolveLimits({ pingInterval: Infinity, closeTimeout: 1_000 });

/** A client that a node's application subscribes, with a single connection. */
export class SocketActor {
  readonly name: string;
  readonly #world: World;
  readonly #node: SimNode;
  readonly #end: WireEnd;
  readonly #client: WebSocket;
  readonly #socket: WebSocket;
  readonly #person: VersionedPerson;
  readonly #streams = new Map<TopicName, Stream>();
  #isSlow = false;

  constructor(world: World, node: SimNode, name: string) {
    this.name = name;
    this.#world = world;
    this.#node = node;
    this.#person = createPerson(world);
    const [ours, theirs] = WireEnd.pair({ clock: world.clock, random: world.networkRandom });
    this.#end = ours;
    this.#socket = node.accept(theirs, this.#person);
    this.#client = new WebSocket(ours, { role: 'client', limits });
    this.#client.on('message', (data) => this.#note(String(data)));
    this.#client.on('close', () => this.#endAll());
    this.#socket.on('close', () => this.#endAll());
  }

  get isOpen(): boolean {
    return this.#client.readyState === this.#client.OPEN && this.#socket.readyState === this.#socket.OPEN;
  }

  async subscribe(topic: TopicName, since?: Stream['since'] | 'oldest'): Promise<void> {
    const known = this.#streams.get(topic);
    const isBusy = known !== undefined && (known.subscribedAt === undefined || known.endedAt === undefined);
    if (isBusy || !this.isOpen || !this.#node.isUp) return;
    const stream = createStream(`${this.name} ${topic}`, topic, 'socket', since === 'oldest' ? undefined : since);
    stream.isSlow = this.#isSlow;
    stream.nodes.push(this.#node.name);
    this.#world.trace(`${stream.name} subscribes on ${this.#node.name}`);
    this.#streams.set(topic, stream);
    this.#world.streams.push(stream);
    try {
      const from = typeof since === 'object' ? since.position : since;
      const subscribed = await this.#node.topic(topic).subscribe(this.#socket, {
        person: this.#person,
        ...(hasHistory(topic) && from !== undefined && { since: from }),
      });
      if (subscribed === null) stream.endedAt ??= this.#world.clock.now;
      else this.#world.told.set(`${topic} ${this.#person.id}`, this.#person.details.version);
    } catch (error) {
      this.#world.trace(`${stream.name} is not subscribed: ${this.#world.codeOf(error)}`);
      stream.endedAt ??= this.#world.clock.now;
    }
    stream.subscribedAt = this.#world.clock.now;
  }

  unsubscribe(topic: TopicName): void {
    const stream = this.#streams.get(topic);
    if (stream === undefined || stream.endedAt !== undefined || !this.#node.isUp) return;
    this.#node.topic(topic).unsubscribe(this.#socket);
    stream.endedAt = this.#world.clock.now;
  }

  /** Sets how many bytes per second it reads. */
  throttle(bytesPerSecond: number): void {
    this.#isSlow = true;
    for (const stream of this.#streams.values()) stream.isSlow = true;
    this.#end.throttle(bytesPerSecond);
  }

  hurry(): void {
    this.#end.throttle(Infinity);
  }

  leave(how: 'close' | 'reset' | 'silence'): void {
    this.#endAll();
    if (how === 'close') this.#client.close(1000);
    else this.#end[how]();
    // A socket that ends silently is not used any more.
    if (how === 'silence') this.#client.terminate();
  }

  #note(text: string): void {
    const message = JSON.parse(text) as Parameters<typeof noteWireMessage>[2] & { readonly topic: TopicName };
    const stream = this.#streams.get(message.topic);
    // Earlier messages belong to the previous subscription.
    if (stream?.events.length === 0 && message.subscribed === undefined) return;
    if (stream === undefined) return;
    if (message.gap !== undefined) this.#world.trace(`${stream.name} is told of a gap`);
    noteWireMessage(stream, this.#world.clock.now, message);
  }

  #endAll(): void {
    for (const stream of this.#streams.values()) stream.endedAt ??= this.#world.clock.now;
  }
}

interface VersionedPerson extends Person {
  readonly details: { readonly version: number };
}

/** One of a few people, possibly with several sockets, and details that change from time to time. */
function createPerson({ random, versions }: World): VersionedPerson {
  const id = `person ${random.below(6)}`;
  const version = (versions.get(id) ?? 0) + (random.chance(30) ? 1 : 0);
  versions.set(id, version);
  return { id, details: { version } };
}

/** The last message of a stream, to resume from. */
export function lastOf({ events }: Stream): Stream['since'] {
  let epoch: string | undefined;
  let last: { id: number; position: Position } | undefined;
  for (const event of events) {
    if (event.type !== 'data') epoch = event.position.epoch ?? epoch;
    else if (event.offset !== undefined && epoch !== undefined) {
      last = { id: event.id, position: { epoch, offset: event.offset } };
    }
  }
  return last;
}

/** Whether a stream must receive everything that is published. */
export function isComplete({ topic }: Stream): boolean {
  return !drops(topic);
}

import { createClient, type Client } from '@turnout/client';
import { clientSocketsOf } from './sim-client-socket.ts';
import { createStream, type Stream } from './stream.ts';
import type { TopicName } from './topics.ts';
import type { WireEnd } from './wire.ts';
import type { ScoreView, World } from './world.ts';

interface Subscribed {
  readonly stream: Stream;
  unsubscribe(): void;
}

/** A page with the real client, behind a load balancer that may choose any node. */
export class ClientActor {
  readonly name: string;
  readonly #world: World;
  readonly #client: Client;
  readonly #subscribed = new Map<TopicName, Subscribed>();
  readonly #scores: ScoreView;
  #end: WireEnd | undefined;
  #node = '';
  #isClosed = false;

  constructor(world: World, name: string) {
    this.name = name;
    this.#world = world;
    const { clock, networkRandom: random } = world;
    const WebSocket = clientSocketsOf({
      clock,
      random,
      accept: (url, end) => this.#dial(url, end),
      onDialled: (end) => (this.#end = end),
    });
    this.#client = createClient(() => `ws://node-${random.below(world.nodes.length)}/`, {
      WebSocket,
      minReconnectDelay: 50,
      maxReconnectDelay: 800,
      handshakeTimeout: 2_000,
      pingInterval: 2_000,
      pongTimeout: 1_500,
    });
    this.#scores = { name, state: this.#client.state<number>('scores'), isOver: false };
    world.scores.push(this.#scores);
    this.#client.addEventListener('close', (event) => this.#onClosed((event as unknown as { code: number }).code));
  }

  get isOpen(): boolean {
    return this.#client.status === 'open';
  }

  subscribe(topic: TopicName): void {
    if (this.#subscribed.has(topic) || this.#isClosed) return;
    const { clock } = this.#world;
    const stream = createStream(`${this.name} ${topic}`, topic, 'client');
    stream.nodes.push(this.#node);
    this.#world.streams.push(stream);
    const position = (): object => ({ ...subscription.position });
    const subscription = this.#client.subscribe<{ id: number }>(topic, {
      onMessage: ({ id }, offset) => void stream.events.push({ type: 'data', at: clock.now, id, offset }),
      onSubscribed: ({ recovered }) => {
        stream.subscribedAt ??= clock.now;
        stream.events.push({ type: 'subscribed', at: clock.now, recovered, position: position() });
      },
      onGap: () => {
        this.#world.trace(`${stream.name} is told of a gap`);
        stream.events.push({ type: 'gap', at: clock.now, position: position() });
      },
      onPeople: (people) => {
        stream.people.clear();
        for (const person of people) stream.people.set(person.id, person);
      },
      onRefused: (reason) => void this.#world.problems.push(`${stream.name} was refused: ${reason}`),
    });
    this.#subscribed.set(topic, { stream, unsubscribe: () => subscription.unsubscribe() });
  }

  unsubscribe(topic: TopicName): void {
    const subscribed = this.#subscribed.get(topic);
    if (subscribed === undefined) return;
    subscribed.unsubscribe();
    subscribed.stream.endedAt = this.#world.clock.now;
    this.#subscribed.delete(topic);
  }

  /** Its connection breaks. */
  cut(how: 'reset' | 'silence'): void {
    this.#end?.[how]();
  }

  close(): void {
    this.#isClosed = true;
    this.#scores.isOver = true;
    for (const topic of this.#subscribed.keys()) this.unsubscribe(topic);
    this.#client.close();
  }

  #dial(url: string, end: WireEnd): boolean {
    const node = this.#world.nodes[Number(/node-(\d+)/.exec(url)?.[1])];
    if (node === undefined || !node.isUp) return false;
    this.#node = node.name;
    for (const { stream } of this.#subscribed.values()) stream.nodes.push(node.name);
    const person = { id: this.name, details: { version: 0 } };
    node.serve(node.accept(end, person), person);
    return true;
  }

  #onClosed(code: number): void {
    if (!this.#isClosed) this.#world.problems.push(`${this.name} has ended with ${code}`);
  }
}

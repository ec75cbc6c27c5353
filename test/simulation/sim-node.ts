import { resolveLimits, WebSocket } from '@turnout/core';
import {
  createHub,
  type Broker,
  type Hub,
  type HubOptions,
  type Person,
  type State,
  type Topic,
} from '@turnout/topics';
import { topics, type TopicName } from './topics.ts';
import type { WireEnd } from './wire.ts';

/** Short timeouts, so that little time must pass. */
export const presenceInterval = 800;
export const historyCheckInterval = 1_500;

const limits = resolveLimits({
  highWaterMark: 4_096,
  pingInterval: 4_000,
  pongTimeout: 2_000,
  closeTimeout: 1_500,
  sendTimeout: 6_000,
});

export interface SimNodeParts {
  /** The name of this life of the node. */
  readonly name: string;
  readonly broker: Broker & { die(): void };
  readonly whenLost: HubOptions['whenLost'];
  /** Reads the scores from the application's own store. */
  readonly load: () => Promise<[string, number][]>;
  readonly onError: (error: unknown) => void;
}

interface Served {
  readonly end: WireEnd;
  readonly person: Person | undefined;
}

/** One life of a node: it ends when it crashes. */
export class SimNode {
  readonly name: string;
  readonly hub: Hub;
  readonly scores: State<number>;
  readonly sockets = new Map<WebSocket, Served>();
  readonly #parts: SimNodeParts;
  /** Referenced, because garbage collection does not depend on the seed. */
  readonly #topics = new Map<TopicName, Topic>();
  #isUp = true;

  constructor(parts: SimNodeParts) {
    this.#parts = parts;
    this.name = parts.name;
    this.hub = createHub({
      broker: parts.broker,
      whenLost: parts.whenLost,
      presenceInterval,
      historyCheckInterval,
      onError: (error) => parts.onError(error),
    });
    this.scores = this.hub.state('scores', { load: parts.load, version: (score: number) => score });
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  topic(name: TopicName): Topic {
    const topic = this.#topics.get(name) ?? this.hub.topic(name, topics[name]);
    this.#topics.set(name, topic);
    return topic;
  }

  /** Accepts a client's connection. */
  accept(end: WireEnd, person?: Person): WebSocket {
    const socket = new WebSocket(end, { role: 'server', limits, onError: this.#parts.onError });
    this.sockets.set(socket, { end, person });
    socket.on('close', () => this.sockets.delete(socket));
    return socket;
  }

  /** Lets a client subscribe with commands. */
  serve(socket: WebSocket, person: Person): void {
    const handle = this.hub.commands(socket, (name) =>
      name === 'scores' ? this.scores : { topic: this.topic(name as TopicName), person },
    );
    socket.on('message', (data) => handle(String(data)));
  }

  /** The subscribers of a topic on this node. */
  peopleOf(name: TopicName): Person[] {
    return [...this.sockets].flatMap(([socket, { person }]) =>
      person !== undefined && this.hub.topicsOf(socket).some((topic) => topic.name === name) ? [person] : [],
    );
  }

  /** Crashes. */
  async crash(isSilent: boolean): Promise<void> {
    this.#isUp = false;
    this.#parts.broker.die();
    for (const { end } of this.sockets.values()) {
      if (isSilent) end.silence();
      else end.reset();
    }
    // Its remains in this process must be removed too.
    await this.close();
  }

  async close(): Promise<void> {
    this.#isUp = false;
    await this.hub.close();
    for (const socket of this.sockets.keys()) socket.terminate();
  }
}

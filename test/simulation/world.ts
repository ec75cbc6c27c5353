import type { LiveState } from '@turnout/client';
import { TopicError } from '@turnout/topics';
import type { HubOptions } from '@turnout/topics';
import { Random } from '@turnout/test-kit/random';
import type { BusWeather } from './bus-link.ts';
import { BusServer, type BusObserver } from './bus-server.ts';
import { Ledger, type Published } from './ledger.ts';
import { SimBroker, type BrokerObserver, type SimBrokerParts } from './sim-broker.ts';
import { SimNode } from './sim-node.ts';
import type { Stream } from './stream.ts';
import type { TopicName } from './topics.ts';
import type { VirtualClock } from '@turnout/test-kit/virtual-clock';

export const calm: Readonly<BusWeather> = { dropped: 0, doubled: 0, overtaken: 0, slow: 0 };

/** The data of the new server: all, less, or nothing. */
export type FailoverKind = 'restart' | 'lagging' | 'empty';

export interface WorldParts {
  readonly clock: VirtualClock;
  readonly seed: number;
  readonly nodeCount: number;
  readonly whenLost: HubOptions['whenLost'];
  readonly createBroker?: (parts: SimBrokerParts) => SimBroker;
  readonly createServer?: (clock: VirtualClock, observer: BusObserver) => BusServer;
  /** Called with each event, for readers of a run. */
  readonly trace: (text: string) => void;
}

/** A client's view of the scores. */
export interface ScoreView {
  readonly name: string;
  readonly state: LiveState<number>;
  isOver: boolean;
}

/** A cluster of nodes, their broker, and the networks between. */
export class World {
  readonly clock: VirtualClock;
  /** The random source of actions; networks have a separate one, so that they do not affect each other. */
  readonly random: Random;
  readonly networkRandom: Random;
  readonly ledger: Ledger;
  readonly server: BusServer;
  readonly weather: BusWeather = { ...calm };
  readonly streams: Stream[] = [];
  /** The application's own store, which all nodes share: the numbers only grow. */
  readonly database = new Map<string, number>();
  /** What clients have of it. */
  readonly scores: ScoreView[] = [];
  /** Problems that can be seen without a model. */
  readonly problems: string[] = [];
  readonly nodes: SimNode[];
  /** How often details have changed, by person. */
  readonly versions = new Map<string, number>();
  /** The version of the latest subscription, by topic and person. */
  readonly told = new Map<string, number>();
  readonly #parts: WorldParts;
  readonly #brokers: SimBroker[] = [];
  readonly #unreachable = new Set<number>();
  #lives = 0;

  constructor(parts: WorldParts) {
    this.#parts = parts;
    this.clock = parts.clock;
    this.random = new Random(parts.seed);
    this.networkRandom = new Random(~parts.seed);
    this.ledger = new Ledger(parts.clock);
    const { createServer = (clock, observer) => new BusServer(clock, observer) } = parts;
    this.server = createServer(parts.clock, this.ledger);
    this.nodes = Array.from({ length: parts.nodeCount }, (_, index) => this.#createNode(index));
  }

  get upNodes(): SimNode[] {
    return this.nodes.filter(({ isUp }) => isUp);
  }

  trace(text: string): void {
    this.#parts.trace(`${this.clock.now.toFixed(1)} ${text}`);
  }

  /** @param isForgotten whether nobody awaits the result */
  publish(node: SimNode, topic: TopicName, { padding = 0, isForgotten = false } = {}): Published {
    const message = this.ledger.add(topic, node.name);
    this.trace(`${node.name} publishes #${message.id} on ${topic}`);
    const settle = (outcome: Published['outcome']): void => {
      this.ledger.settle(message, outcome);
      if (outcome !== true) this.trace(`#${message.id} is not published: ${outcome}`);
    };
    try {
      const text = JSON.stringify({ id: message.id, padding: 'x'.repeat(padding) });
      const published = node.topic(topic).publish(text);
      if (isForgotten) this.ledger.addCause(undefined, topic);
      else published.then(settle, (error: unknown) => settle(this.codeOf(error)));
    } catch (error) {
      settle(this.codeOf(error));
    }
    return message;
  }

  /** Changes the store, and then tells the nodes. */
  score(node: SimNode, key: string): void {
    const value = (this.database.get(key) ?? 0) + 1;
    this.database.set(key, value);
    this.trace(`${node.name} sets ${key} to ${value}`);
    node.scores.set(key, value).catch((error: unknown) => this.codeOf(error));
  }

  /** The code of an expected error; any other is a problem. */
  codeOf(error: unknown): string {
    if (error instanceof TopicError) return error.code;
    this.problems.push(`unexpected error: ${describe(error)}`);
    return 'unexpected';
  }

  /** The network between a node and the broker's server fails. */
  cutBroker(index: number, detection = this.networkRandom.below(1_500)): void {
    this.trace(`broker of node ${index} is cut`);
    this.#unreachable.add(index);
    this.#brokers[index]?.cut(detection);
  }

  healBroker(index: number): void {
    this.#unreachable.delete(index);
  }

  /** The broker's server is replaced by one that may have less. */
  failOver(kind: FailoverKind): void {
    this.trace(`the broker's server fails over: ${kind}`);
    if (kind === 'restart') this.server.failOver(() => 0);
    if (kind === 'lagging') this.server.failOver(() => this.networkRandom.below(4));
    if (kind === 'empty') this.server.wipe();
    for (const broker of this.#brokers) broker.cut(this.networkRandom.below(300));
  }

  async crash(index: number): Promise<void> {
    const node = this.nodes[index];
    if (node === undefined || !node.isUp) return;
    this.trace(`${node.name} crashes`);
    this.ledger.addCause(undefined, undefined);
    this.ledger.crashed.add(node.name);
    this.#brokers[index]?.cut(Infinity);
    await node.crash(this.networkRandom.chance(30));
  }

  restart(index: number): void {
    if (this.nodes[index]?.isUp ?? true) return;
    this.healBroker(index);
    this.nodes[index] = this.#createNode(index);
    this.trace(`${this.nodes[index].name} starts`);
  }

  /** Repairs everything. */
  heal(): void {
    this.trace('all is healed');
    Object.assign(this.weather, calm);
    this.#unreachable.clear();
    for (const index of this.nodes.keys()) this.restart(index);
  }

  #createNode(index: number): SimNode {
    const name = `node-${index}.${this.#lives++}`;
    const { createBroker = (brokerParts) => new SimBroker(brokerParts), whenLost } = this.#parts;
    const broker = createBroker({
      clock: this.clock,
      random: this.networkRandom,
      server: this.server,
      weather: this.weather,
      isReachable: () => !this.#unreachable.has(index),
      observer: this.#observe(name),
    });
    this.#brokers[index] = broker;
    return new SimNode({
      name,
      broker,
      whenLost,
      load: () => this.#load(),
      onError: (error) => void this.codeOf(error),
    });
  }

  /** As slow as a database may be. */
  async #load(): Promise<[string, number][]> {
    const rows = [...this.database];
    await this.clock.wait(this.networkRandom.below(50));
    return rows;
  }

  #observe(node: string): BrokerObserver {
    const observer = this.ledger.observe(node);
    return {
      onSent: (message) => observer.onSent(message),
      onDropped: (topic, message, isKnowable) => {
        this.trace(`a message of ${topic.name} is dropped on its way to ${node}: ${String(message.data).slice(0, 20)}`);
        observer.onDropped(topic, message, isKnowable);
      },
      onLost: () => observer.onLost(),
      onRestored: () => {
        this.trace(`${node} has its broker again`);
        observer.onRestored();
      },
    };
  }
}

export function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message).split('\n').slice(0, 4).join(' | ') : String(error);
}

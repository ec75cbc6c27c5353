import { randomUUID } from 'node:crypto';
import { createHub, type Hub, type HubOptions, type Topic, type TopicOptions } from '@turnout/topics';
import type { Broker } from '@turnout/topics/broker';
import type { CaseContext } from '../contract/contract-case.ts';
import type { BrokerUnderTest } from './broker-under-test.ts';
import { Subscriber } from './subscriber.ts';

/** A node of a cluster. */
export interface TestNode {
  readonly hub: Hub;
  readonly broker: Broker;
}

/** What a case of the broker suite works with. */
export class BrokerStage {
  readonly #broker: BrokerUnderTest;
  readonly #context: CaseContext;

  constructor(broker: BrokerUnderTest, context: CaseContext) {
    this.#broker = broker;
    this.#context = context;
  }

  /** A broker without a hub; closed when the case ends. */
  async connect(): Promise<Broker> {
    const broker = await this.#broker.connect();
    this.#context.onEnd(() => broker.close());
    return broker;
  }

  async startNode(options: HubOptions = {}): Promise<TestNode> {
    const broker = await this.#broker.connect();
    const hub = createHub({ broker, presenceInterval: 100, historyCheckInterval: 500, ...options });
    this.#context.onEnd(() => hub.close());
    return { hub, broker };
  }

  startTwo(options?: HubOptions): Promise<[TestNode, TestNode]> {
    return Promise.all([this.startNode(options), this.startNode(options)]);
  }

  startThree(): Promise<[TestNode, TestNode, TestNode]> {
    return Promise.all([this.startNode(), this.startNode(), this.startNode()]);
  }

  /** One topic on two nodes. */
  async startTopics(name: string, options: TopicOptions): Promise<[Topic, Topic]> {
    const [here, there] = await this.startTwo();
    return [here.hub.topic(name, options), there.hub.topic(name, options)];
  }

  /** Opens a socket, closed when the case ends. */
  open(): Subscriber {
    const subscriber = new Subscriber(this.#context.deadline);
    this.#context.onEnd(() => subscriber.socket.terminate());
    return subscriber;
  }

  /** A name that no topic of this or an earlier run has. */
  newName(): string {
    return `topic ${randomUUID()}`;
  }

  /** Resolves once `probe()` returns something equal to `expected`. */
  eventually(probe: () => unknown, expected: unknown): Promise<void> {
    return this.#context.deadline.eventually(probe, expected);
  }
}

/** Cases by their names, which are sentences. */
export type BrokerCases = Readonly<Record<string, (stage: BrokerStage) => Promise<void>>>;

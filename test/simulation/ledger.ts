import type { BrokerTopic, BusMessage, Position } from '@turnout/topics';
import type { BrokerObserver } from './sim-broker.ts';
import type { BusObserver } from './bus-server.ts';
import type { VirtualClock } from '@turnout/test-kit/virtual-clock';

/** `true` and `false` as `publish()` resolves, or the code it rejects with. */
export type Outcome = 'pending' | boolean | (string & {});

/** A message of the application, and its known fate. */
export interface Published {
  readonly id: number;
  readonly topic: string;
  /** The node's life that published it. */
  readonly node: string;
  readonly calledAt: number;
  outcome: Outcome;
  /** Whether the broker was lost in the meantime. */
  wasLost: boolean;
  /** Its position in the server's order of arrival; undefined if it has not arrived. */
  arrival: number | undefined;
  position: Position | null;
  /** The new server does not have it. */
  isLost: boolean;
  /** And no node has noticed yet. */
  isMissed: boolean;
  /** Nodes that it did not reach, and that could not know. */
  readonly unknowable: Set<string>;
  /** Nodes to which it was lost in transit. */
  readonly droppedAt: Set<string>;
}

/** A reason why messages may be missing at a node. */
export interface Cause {
  readonly at: number;
  /** Undefined for all topics. */
  readonly node: string | undefined;
  readonly topic: string | undefined;
}

/** Everything that really happened, which the checks compare with what subscribers received. */
export class Ledger implements BusObserver {
  readonly #clock: VirtualClock;
  readonly messages: Published[] = [];
  readonly causes: Cause[] = [];
  /** Nodes that have crashed. */
  readonly crashed = new Set<string>();
  /** Nodes that receive nothing. */
  readonly #cutOff = new Set<string>();
  /** When a node's broker was last restored. */
  readonly #restoredAt = new Map<string, number>();
  /** By origin. */
  readonly #nodes = new Map<string, string>();
  #arrivals = 0;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  add(topic: string, node: string): Published {
    const message: Published = {
      id: this.messages.length,
      topic,
      node,
      calledAt: this.#clock.now,
      outcome: 'pending',
      wasLost: false,
      arrival: undefined,
      position: null,
      isLost: false,
      isMissed: false,
      unknowable: new Set(),
      droppedAt: new Set(),
    };
    this.messages.push(message);
    return message;
  }

  settle(message: Published, outcome: Outcome): void {
    message.outcome = outcome;
    message.wasLost = this.#wasLost(message.node, message.calledAt);
    // Its number is used, and others may notice that it is missing.
    if (outcome !== true) this.addCause(undefined, message.topic);
  }

  addCause(node: string | undefined, topic: string | undefined): void {
    this.causes.push({ at: this.#clock.now, node, topic });
  }

  onArrival(topic: BrokerTopic, { data }: BusMessage, position: Position | null): void {
    const message = this.#find(topic, data);
    if (message === undefined) return;
    for (const node of this.#cutOff) this.addCause(node, topic.name);
    message.arrival = this.#arrivals++;
    message.position = position;
  }

  onHistoryLost(topic: string, offset: number): void {
    this.addCause(undefined, topic);
    for (const message of this.messages) {
      const { position } = message;
      if (message.topic !== topic || position === null || position.offset <= offset) continue;
      message.isMissed ||= !message.isLost;
      message.isLost = true;
    }
  }

  onLossNoticed(topic: string): void {
    for (const message of this.messages) if (message.topic === topic) message.isMissed = false;
  }

  /** The losses that a node's broker reports. */
  observe(node: string): BrokerObserver {
    return {
      onSent: ({ origin }) => void this.#nodes.set(origin, node),
      onDropped: (topic, { origin, data, mark }, isKnowable) => {
        this.addCause(node, topic.name);
        if (topic.history !== null) return;
        if (mark && !isKnowable) this.#forgetFailed(topic, origin, node);
        const message = this.#find(topic, data);
        message?.droppedAt.add(node);
        if (!isKnowable) message?.unknowable.add(node);
      },
      onLost: () => {
        this.#cutOff.add(node);
        this.addCause(node, undefined);
      },
      onRestored: () => {
        this.#cutOff.delete(node);
        this.#restoredAt.set(node, this.#clock.now);
        this.addCause(node, undefined);
      },
    };
  }

  /** A mark is not sent to a node that does not know its publisher: nothing reveals a failure there. */
  #forgetFailed({ name }: BrokerTopic, origin: string, at: string): void {
    const publisher = this.#nodes.get(origin);
    for (const { topic, node, arrival, unknowable } of this.messages) {
      if (topic === name && node === publisher && arrival === undefined) unknowable.add(at);
    }
  }

  #wasLost(node: string, since: number): boolean {
    return this.#cutOff.has(node) || (this.#restoredAt.get(node) ?? -1) >= since;
  }

  #find({ name }: BrokerTopic, data: unknown): Published | undefined {
    if (name.startsWith('\u0000') || typeof data !== 'string' || data === '') return undefined;
    return this.messages[(JSON.parse(data) as { id: number }).id];
  }
}

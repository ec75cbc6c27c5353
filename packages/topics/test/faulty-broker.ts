import type { Broker, BrokerEvents, BrokerTopic, BusMessage, HistoryPage, Position, Receiver } from '../src/index.ts';
import { MemoryBroker } from '../src/index.ts';

export interface Delivered {
  readonly message: BusMessage;
  readonly position: Position | null;
}

/** A bus whose faults the test decides on: what is published waits until the test delivers it, as often as it likes. */
export class FaultyBroker implements Broker {
  readonly held: Delivered[] = [];
  isHolding = false;
  /** What `publish()` and `read()` reject with. */
  failure: Error | undefined;
  reads = 0;
  events!: BrokerEvents;
  readonly #memory = new MemoryBroker();
  readonly #receivers = new Map<string, Receiver>();

  start(events: BrokerEvents): void {
    this.events = events;
  }

  async join(topic: BrokerTopic, receiver: Receiver): Promise<void> {
    this.#receivers.set(topic.name, receiver);
    await this.#memory.join(topic, (message, position) => {
      if (this.isHolding) this.held.push({ message, position });
      else receiver(message, position);
    });
    if (this.failure !== undefined) throw this.failure;
  }

  leave(topic: BrokerTopic): Promise<void> {
    return this.#memory.leave(topic);
  }

  async publish(topic: BrokerTopic, message: BusMessage): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    await this.#memory.publish(topic, message);
  }

  async read(topic: BrokerTopic, since: number): Promise<HistoryPage> {
    this.reads++;
    if (this.failure !== undefined) throw this.failure;
    return this.#memory.read(topic, since);
  }

  close(): Promise<void> {
    return this.#memory.close();
  }

  deliver(topic: string, { message, position }: Delivered): void {
    this.#receivers.get(topic)!(message, position);
  }
}

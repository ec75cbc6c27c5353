import type {
  Broker,
  BrokerEvents,
  BrokerTopic,
  BusMessage,
  HistoryPage,
  Join,
  Position,
  Receiver,
  StateStore,
} from '../src/index.ts';
import { MemoryBroker } from '../src/index.ts';

export interface Delivered {
  readonly message: BusMessage;
  readonly position: Position | null;
}

/** A bus whose faults the test controls: messages wait until the test delivers them, as often as it likes. */
export class FaultyBroker implements Broker {
  readonly held: Delivered[] = [];
  isHolding = false;
  /** The error that all calls reject with. */
  failure: Error | undefined;
  /** Whether failed messages reach the bus anyway. */
  doesReach = false;
  /** The error that only `publish()` throws, before anything is sent. */
  refusal: Error | undefined;
  /** A promise that `publish()` awaits before it sends anything. */
  gate: Promise<void> | undefined;
  /** Added to each epoch: after a change, every history is another one, of which nothing is kept. */
  generation = '';
  #keptAfter = 0;
  reads = 0;
  /** Messages after an offset are in another epoch, as those of a server that has taken over. */
  takeover: Position | undefined;
  /** The topics of each call. */
  readonly joins: number[] = [];
  readonly leaves: number[] = [];
  /** Calls that have not been answered yet. */
  pending = 0;
  maxPending = 0;
  events!: BrokerEvents;
  readonly #memory: MemoryBroker;
  readonly #receivers = new Map<string, Receiver>();

  constructor(memory = new MemoryBroker()) {
    this.#memory = memory;
  }

  get states(): StateStore {
    return this.#memory.states;
  }

  start(events: BrokerEvents): void {
    this.events = events;
  }

  async join(joins: readonly Join[]): Promise<void> {
    this.joins.push(joins.length);
    await this.#answer();
    await this.#memory.join(
      joins.map(({ topic, receiver }) => {
        this.#receivers.set(topic.name, receiver);
        return {
          topic,
          receiver: (message, bare) => {
            const position = bare && this.#inGeneration(this.#place(bare));
            if (this.isHolding) this.held.push({ message, position });
            else receiver(message, position);
          },
        };
      }),
    );
  }

  async leave(topics: readonly BrokerTopic[]): Promise<void> {
    this.leaves.push(topics.length);
    await this.#memory.leave(topics);
  }

  publish(topic: BrokerTopic, message: BusMessage): Promise<void> {
    if (this.refusal !== undefined) throw this.refusal;
    return this.#send(topic, message, this.gate);
  }

  tell(topic: BrokerTopic, message: BusMessage): Promise<void> {
    return this.#send(topic, message, undefined);
  }

  async read(topic: BrokerTopic, since: number): Promise<HistoryPage> {
    this.reads++;
    await this.#answer();
    const page = await this.#memory.read(topic, since);
    const position = this.#place(page.position);
    const { epoch } = page.position;
    return {
      position: this.#inGeneration(position),
      messages: page.messages.filter(({ offset }) => offset > this.#keptAfter),
      former: position.epoch === epoch ? [] : [{ epoch, offset: this.takeover!.offset }],
    };
  }

  /** All histories are lost, and start from scratch. */
  forgetHistories(offset: number): void {
    this.generation += '+';
    this.#keptAfter = offset;
  }

  close(): Promise<void> {
    return this.#memory.close();
  }

  deliver(topic: string, { message, position }: Delivered): void {
    this.#receivers.get(topic)!(message, position);
  }

  #place(position: Position): Position {
    const { epoch, offset } = this.takeover ?? position;
    return position.offset > offset ? { epoch, offset: position.offset } : position;
  }

  async #send(topic: BrokerTopic, message: BusMessage, gate: Promise<void> | undefined): Promise<void> {
    const { failure, doesReach } = this;
    await gate;
    if (failure === undefined || doesReach) await this.#memory.publish(topic, message);
    if (failure !== undefined) throw failure;
  }

  #inGeneration({ epoch, offset }: Position): Position {
    return { epoch: epoch + this.generation, offset };
  }

  async #answer(): Promise<void> {
    this.pending++;
    this.maxPending = Math.max(this.maxPending, this.pending);
    await new Promise((resolve) => setImmediate(resolve));
    this.pending--;
    if (this.failure !== undefined) throw this.failure;
  }
}

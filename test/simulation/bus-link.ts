import type { BrokerTopic, Position } from '@turnout/topics';
import type { Random } from '@turnout/test-kit/random';
import type { BusPeer, BusServer } from './bus-server.ts';
import { Pipe } from './pipe.ts';
import type { VirtualClock } from '@turnout/test-kit/virtual-clock';

/** The current behaviour of the network between a node and its broker. */
export interface BusWeather {
  /** Percent of pushes that are silently lost. */
  dropped: number;
  /** Percent of pushes that are duplicated. */
  doubled: number;
  /** Percent of the pushes of histories that are overtaken. */
  overtaken: number;
  /** Percent of messages that take up to `longestDelay`. */
  slow: number;
}

export interface BusLinkParts {
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly server: BusServer;
  readonly weather: BusWeather;
  readonly receive: (topic: BrokerTopic, bytes: Buffer, position: Position | null) => void;
  /** For the checks: a push does not arrive. */
  readonly onDropped: (topic: BrokerTopic, bytes: Buffer) => void;
}

const longestDelay = 300;

/** A connection of a node to the server of its broker. */
export class BusLink implements BusPeer {
  readonly #parts: BusLinkParts;
  readonly #requests: Pipe;
  readonly #answers: Pipe;
  readonly #pushes: Pipe;
  #isCut = false;

  constructor(parts: BusLinkParts) {
    this.#parts = parts;
    const pipe = (): Pipe => new Pipe(parts.clock, () => this.#delay());
    this.#requests = pipe();
    this.#answers = pipe();
    this.#pushes = pipe();
  }

  get isCut(): boolean {
    return this.#isCut;
  }

  /** Never settles if the connection is cut before the answer arrives. */
  request<Value>(answer: (server: BusServer) => Value): Promise<Value> {
    return new Promise((resolve) =>
      this.#requests.send(() => {
        const value = answer(this.#parts.server);
        this.#answers.send(() => resolve(value));
      }),
    );
  }

  push(topic: BrokerTopic, bytes: Buffer, position: Position | null): void {
    const { random, weather, receive, onDropped } = this.#parts;
    if (random.chance(weather.dropped)) return onDropped(topic, bytes);
    const arrive = (): void => receive(topic, bytes, position);
    if (position !== null && random.chance(weather.overtaken)) this.#pushes.sendAside(arrive);
    else this.#pushes.send(arrive);
    if (random.chance(weather.doubled)) this.#pushes.send(arrive);
    return undefined;
  }

  cut(): void {
    this.#isCut = true;
    this.#parts.server.forget(this);
    for (const pipe of [this.#requests, this.#answers, this.#pushes]) pipe.cut();
  }

  #delay(): number {
    const { random, weather } = this.#parts;
    return random.chance(weather.slow) ? random.below(longestDelay) : 0.2 + random.below(30) / 10;
  }
}

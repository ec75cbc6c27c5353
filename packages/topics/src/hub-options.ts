import { callback, milliseconds, oneOf, value, whole, type OptionsFor } from '@turnout/core/options';
import type { Broker } from './bus/broker.ts';
import type { TopicError } from './bus/errors.ts';
import type { WhenLost } from './feed/hub-context.ts';

export interface HubOptions {
  /** What carries messages to other nodes. Default: none, this process is alone. */
  readonly broker?: Broker;
  /**
   * While the broker is lost: with `deliver-locally`, the default, what is published reaches the subscribers of this
   * node; with `fail`, `publish()` rejects. Topics with history always fail.
   */
  readonly whenLost?: WhenLost;
  /** 1 or more; `Infinity` for no limit. Default 128. */
  readonly maxTopicsPerSocket?: number;
  /**
   * Bytes that wait for all slow subscribers together, beside what their sockets hold: 1 or more, `Infinity` for no
   * limit. Default 64 MiB.
   */
  readonly maxTotalQueuedBytes?: number;
  /**
   * How often, in ms, a node tells the others that it is alive: after three to four times that, its people are gone.
   * 1 to 2,147,483,647. Default 3,000.
   */
  readonly presenceInterval?: number;
  /**
   * How often, in ms, a node asks how far the histories are that it follows, in case the bus has lost their last
   * message: 1 to 2,147,483,647, or `Infinity` for never. Default 10,000.
   */
  readonly historyCheckInterval?: number;
  /**
   * Told of every error that a listener throws or rejects with, and of every promise of the hub that rejects while
   * nobody awaits it. Default: it is printed.
   */
  readonly onError?: (error: unknown) => unknown;
}

export interface HubEvents {
  /** The broker cannot be reached. */
  lost: [error: unknown];
  /** It is back. Topics with history catch up; the others announce a gap. */
  restored: [];
  /** A message that is not Turnout's was found on the bus, and was dropped. */
  foreign: [problem: { readonly topic: string; readonly reason: string }];
  /** The broker does not let this node join a topic, or publish on it. Without a listener it goes to `onError`. */
  refused: [problem: { readonly topic: string; readonly error: TopicError }];
}

export const hubOptions = {
  broker: value<Broker>('a broker, as await connectRedis() gives it', isBroker),
  whenLost: oneOf<WhenLost, WhenLost>(['deliver-locally', 'fail'], 'deliver-locally'),
  maxTopicsPerSocket: whole({ default: 128, min: 1, unit: 'topics', infinity: true }),
  maxTotalQueuedBytes: whole({ default: 64 * 1024 * 1024, min: 1, unit: 'bytes', infinity: true }),
  presenceInterval: milliseconds({ default: 3_000, min: 1 }),
  historyCheckInterval: milliseconds({ default: 10_000, min: 1, infinity: true }),
  onError: callback<(error: unknown) => unknown>(),
} satisfies OptionsFor<HubOptions>;

function isBroker(given: unknown): boolean {
  return typeof given === 'object' && given !== null && 'start' in given && 'publish' in given;
}

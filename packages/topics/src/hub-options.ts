import { callback, milliseconds, oneOf, value, whole, type OptionsFor } from '@turnout/core/options';
import type { Broker } from './bus/broker.ts';
import type { TopicError } from './bus/errors.ts';
import type { WhenLost } from './feed/hub-context.ts';

export interface HubOptions {
  /** Carries messages to other nodes. Default: no broker; this process is alone. */
  readonly broker?: Broker;
  /**
   * While the broker is lost: with `deliver-locally`, the default, publications reach the subscribers of this node;
   * with `fail`, `publish()` rejects. Topics with history always fail.
   */
  readonly whenLost?: WhenLost;
  /** The most topics that one socket may subscribe to: 1 or more; `Infinity` for no limit. Default 128. */
  readonly maxTopicsPerSocket?: number;
  /**
   * Bytes queued for all slow subscribers together, besides those that their sockets buffer: 1 or more, `Infinity` for
   * no limit. Default 64 MiB.
   */
  readonly maxTotalQueuedBytes?: number;
  /**
   * How often, in ms, a node tells the others that it is alive. If it is silent for three to four times as long, its
   * people count as gone. 1 to 2,147,483,647. Default 3,000.
   */
  readonly presenceInterval?: number;
  /**
   * How often, in ms, a node asks the broker for the newest positions of the histories that it follows, in case the bus
   * has lost the last message: 1 to 2,147,483,647, or `Infinity` for never. Default 10,000.
   */
  readonly historyCheckInterval?: number;
  /**
   * Called with every error that a listener throws or rejects with, and with every rejection of a hub's promise that
   * nobody awaits. Default: prints it.
   */
  readonly onError?: (error: unknown) => unknown;
}

export interface HubEvents {
  /** The broker cannot be reached. */
  lost: [error: unknown];
  /** The broker is back. Topics with history catch up; the others announce a gap. */
  restored: [];
  /** A message that is not Turnout's was found on the bus and was dropped. */
  foreign: [problem: { readonly topic: string; readonly reason: string }];
  /** The broker does not let this node join a topic, or publish on it. Without a listener it goes to `onError`. */
  refused: [problem: { readonly topic: string; readonly error: TopicError }];
}

export const hubOptions = {
  broker: value<Broker>('a broker, for example from await connectRedis()', isBroker),
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

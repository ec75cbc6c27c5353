import type { Broker } from './bus/broker.ts';
import type { TopicError } from './bus/errors.ts';
import { MemoryBroker } from './bus/memory-broker.ts';
import type { WhenLost } from './feed/hub-context.ts';

export interface HubOptions {
  /** What carries messages to other nodes. Default: none, this process is alone. */
  readonly broker?: Broker;
  /**
   * While the broker is lost: with `deliver-locally`, the default, what is published reaches the subscribers of this
   * node; with `fail`, `publish()` rejects. Topics with history always fail.
   */
  readonly whenLost?: WhenLost;
  /** Default 128. */
  readonly maxTopicsPerSocket?: number;
  /** Bytes that wait for all slow subscribers together, beside what their sockets hold. Default 64 MiB. */
  readonly maxTotalQueuedBytes?: number;
  /**
   * How often, in ms, a node tells the others that it is alive: after three to four times that, its people are gone.
   * Default 3,000.
   */
  readonly presenceInterval?: number;
  /**
   * How often, in ms, a node asks how far the histories are that it follows, in case the bus has lost their last
   * message. Default 10,000.
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

export type ResolvedHubOptions = Required<Omit<HubOptions, 'onError'>> & Pick<HubOptions, 'onError'>;

/** @throws {TypeError | RangeError} on a wrong option, which it names */
export function resolveHubOptions(options: HubOptions): ResolvedHubOptions {
  const resolved: ResolvedHubOptions = {
    broker: options.broker ?? new MemoryBroker(),
    whenLost: options.whenLost ?? 'deliver-locally',
    maxTopicsPerSocket: options.maxTopicsPerSocket ?? 128,
    maxTotalQueuedBytes: options.maxTotalQueuedBytes ?? 64 * 1024 * 1024,
    presenceInterval: options.presenceInterval ?? 3_000,
    historyCheckInterval: options.historyCheckInterval ?? 10_000,
    onError: options.onError,
  };
  if (!['deliver-locally', 'fail'].includes(resolved.whenLost)) {
    throw new TypeError(`Invalid whenLost: expected deliver-locally or fail, received ${String(resolved.whenLost)}`);
  }
  for (const name of counts) assertCount(name, resolved[name]);
  return resolved;
}

const counts = ['maxTopicsPerSocket', 'maxTotalQueuedBytes', 'presenceInterval', 'historyCheckInterval'] as const;

function assertCount(name: string, value: number): void {
  if (Number.isSafeInteger(value) && value > 0) return;
  throw new RangeError(`Invalid ${name}: expected a whole number of 1 or more, received ${String(value)}`);
}

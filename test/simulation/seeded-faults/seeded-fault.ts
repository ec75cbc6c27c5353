import type { VirtualClock } from '@turnout/test-kit/virtual-clock';
import type { BusObserver, BusServer } from '../bus-server.ts';
import type { SimBroker, SimBrokerParts } from '../sim-broker.ts';

/** A fault that is injected on purpose: a simulation that does not find it proves nothing. */
export interface SeededFault {
  /** The fault. */
  readonly name: string;
  /** The faulty part: the broker's server or its client at a node, the hub's own code, or the client's. */
  readonly part: 'server' | 'broker' | 'hub' | 'client';
  /** The violation that must be reported. */
  readonly finds: RegExp;
  readonly createBroker?: (parts: SimBrokerParts) => SimBroker;
  readonly createServer?: (clock: VirtualClock, observer: BusObserver) => BusServer;
  /** @returns a function that removes it */
  readonly install?: () => () => void;
}

/** Replaces a method, and returns a function that restores it. */
export function replaceMethod<Target extends object, Name extends keyof Target>(
  target: Target,
  name: Name,
  replace: (original: Target[Name]) => Target[Name],
): () => void {
  const original = target[name];
  target[name] = replace(original);
  return () => {
    target[name] = original;
  };
}

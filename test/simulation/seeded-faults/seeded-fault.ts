import type { VirtualClock } from '@turnout/test-kit/virtual-clock';
import type { BusObserver, BusServer } from '../bus-server.ts';
import type { SimBroker, SimBrokerParts } from '../sim-broker.ts';

/** A fault that is put in on purpose: a simulation that does not find it proves nothing. */
export interface SeededFault {
  /** What is wrong. */
  readonly name: string;
  /** What it is made in: the broker's server or its end at a node, the hub's own code, or the client's. */
  readonly part: 'server' | 'broker' | 'hub' | 'client';
  /** What is to be said of it. */
  readonly finds: RegExp;
  readonly createBroker?: (parts: SimBrokerParts) => SimBroker;
  readonly createServer?: (clock: VirtualClock, observer: BusObserver) => BusServer;
  /** @returns takes it out again */
  readonly install?: () => () => void;
}

/** Puts another method in the place of one, and gives what takes it out again. */
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

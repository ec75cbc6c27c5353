import type { Broker } from '../bus/broker.ts';
import type { HubCounts } from './hub-counts.ts';

/** What the feeds of one hub share. */
export interface HubContext {
  /** Of this node, among all that share the bus. */
  readonly id: string;
  /** A name for what one feed publishes: of this node, and never used before. */
  createOrigin(): string;
  readonly broker: Broker;
  readonly isBrokerLost: boolean;
  readonly whenLost: 'deliver-locally' | 'fail';
  readonly counts: HubCounts;
  /** Calls the application's code: what it throws goes to its hook, and not into the broker's client. */
  call(callback: () => unknown): void;
}

import type { Broker } from './broker.ts';
import type { HubCounts } from './hub-counts.ts';
import type { QueueBudget } from './outlet.ts';

/** The node of a cluster, to its topics. */
export interface Node {
  /** Of this node, among all that share the bus. */
  readonly id: string;
  /** A name for what one channel publishes: of this node, and never used before. */
  createOrigin(): string;
  readonly broker: Broker;
  readonly isBrokerLost: boolean;
  readonly whenLost: 'deliver-locally' | 'fail';
  readonly counts: HubCounts;
  readonly queueBudget: QueueBudget;
  /** Calls the application's code: what it throws goes to its hook, and not into the broker's client. */
  call(callback: () => unknown): void;
}

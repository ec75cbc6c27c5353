import type { Broker } from '@turnout/topics/broker';

/** A broker as the suite drives it. */
export interface BrokerUnderTest {
  /** The broker's name, for messages. */
  readonly name: string;
  /**
   * Makes a broker that is connected and not started: a node of its own, on the server that all nodes share. The suite
   * closes it.
   */
  readonly connect: () => Promise<Broker>;
}

import type { Broker } from '@turnout/topics/broker';

/** A broker as the suite uses it. */
export interface BrokerUnderTest {
  /** The broker's name, for messages. */
  readonly name: string;
  /**
   * Creates a broker that is connected but not started: a new node on the server that all nodes share. The suite closes
   * it.
   */
  readonly connect: () => Promise<Broker>;
}

import type { ConnectionOptions, NatsConnection } from '@nats-io/transport-node';
import type { PendingLimits } from '@turnout/topics';

export interface NatsBrokerOptions extends Partial<PendingLimits> {
  /** Default `127.0.0.1:4222`. */
  readonly servers?: string | string[];
  /**
   * A connection of the application, instead of `servers` and `client`: shared, and left open when the hub is closed.
   * It has to reconnect for ever (`maxReconnectAttempts: -1`), and be without `noEcho`.
   */
  readonly connection?: NatsConnection;
  /** Begins the names of all subjects and streams: letters, digits, - and _. Default `turnout`. */
  readonly prefix?: string;
  /** On how many servers JetStream keeps each history. Default 1. */
  readonly replicas?: number;
  /**
   * How long, in ms, nothing has been published to a topic with history before what JetStream has of it is removed:
   * where all its messages have expired, and no node has a subscriber. `Infinity` for never. Default 1 day.
   */
  readonly removeIdleAfter?: number;
  /** More of the client's own options, such as credentials and `tls`; reconnecting is the broker's. */
  readonly client?: Omit<
    ConnectionOptions,
    'servers' | 'reconnect' | 'maxReconnectAttempts' | 'waitOnFirstConnect' | 'ignoreAuthErrorAbort' | 'noEcho'
  >;
}

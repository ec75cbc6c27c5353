import type { ConnectionOptions, NatsConnection } from '@nats-io/transport-node';
import { milliseconds, object, texts, value, whole, type OptionsFor } from '@turnout/core/options';
import { pendingOptions, type PendingLimits } from '@turnout/topics';

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
  /** On how many servers JetStream keeps each history: 1 to 5. Default 1. */
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

/** In ms. */
const day = 86_400_000;

const prefix = value<string>(
  'letters, digits, - and _',
  (given) => typeof given === 'string' && /^[\w-]+$/.test(given),
);

export const natsOptions = {
  ...pendingOptions,
  servers: texts<string | string[]>(),
  connection: object<NatsConnection>('a NatsConnection'),
  prefix: { ...prefix, default: 'turnout' },
  replicas: whole({ default: 1, min: 1, max: 5 }),
  // It is longer than a timer takes: it is looked for again until it is over.
  removeIdleAfter: milliseconds({ default: day, min: 1, max: Number.MAX_SAFE_INTEGER, infinity: true }),
  client: object<NonNullable<NatsBrokerOptions['client']>>(),
} satisfies OptionsFor<NatsBrokerOptions>;

import type { ConnectionOptions, NatsConnection } from '@nats-io/transport-node';
import { milliseconds, object, texts, value, whole, type OptionsFor } from '@turnout/core/options';
import { pendingOptions, type PendingLimits } from '@turnout/topics';

export interface NatsBrokerOptions extends Partial<PendingLimits> {
  /** Default `127.0.0.1:4222`. */
  readonly servers?: string | string[];
  /**
   * A connection of the application, instead of `servers` and `client`. It is shared, and stays open when the hub is
   * closed. It must reconnect without limit (`maxReconnectAttempts: -1`) and must not set `noEcho`.
   */
  readonly connection?: NatsConnection;
  /** The prefix of all subjects and streams: letters, digits, - and _. Default `turnout`. */
  readonly prefix?: string;
  /** How many servers store each history in JetStream: 1 to 5. Default 1. */
  readonly replicas?: number;
  /**
   * How long, in ms, a topic with history must be idle before its stream is removed; all its messages must have
   * expired, and no node may have a subscriber. `Infinity` for never. Default 1 day.
   */
  readonly removeIdleAfter?: number;
  /** More options of the client, such as credentials and `tls`; the broker sets the reconnect options. */
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
  // May exceed the maximum of a timer: the check is repeated until the time has passed.
  removeIdleAfter: milliseconds({ default: day, min: 1, max: Number.MAX_SAFE_INTEGER, infinity: true }),
  client: object<NonNullable<NatsBrokerOptions['client']>>(),
} satisfies OptionsFor<NatsBrokerOptions>;

import { connect, type ConnectionOptions, type NatsConnection } from '@nats-io/transport-node';
import { defaultPendingLimits, type Broker } from '@turnout/topics';
import { connectError } from './broker-errors.ts';
import { dial } from './dial.ts';
import { NatsBroker } from './nats-broker.ts';
import type { NatsBrokerOptions } from './nats-options.ts';

/** How long, in ms, one attempt to connect may take. */
const connectTimeout = 3_000;

/** In ms. */
const day = 86_400_000;

/** The longest wait, in ms, until it is tried again to connect. */
const longestWait = 2_000;

/**
 * Connects to NATS, as the broker of one hub.
 *
 * @throws {TypeError} (rejects) on a prefix that is none, and on `connection` beside `servers` or `client`
 * @throws {RangeError} (rejects) on `replicas` or `removeIdleAfter` that are out of range
 * @throws {TopicError} (rejects) with `TOPIC_ERR_BROKER_LOST` where NATS can't be reached, and with `TOPIC_ERR_BROKER`
 *   where it refuses the credentials, or what all topics need; the client's error is the `cause`. Later it connects
 *   again by itself
 */
export async function connectNats(options: NatsBrokerOptions = {}): Promise<Broker> {
  const { prefix = 'turnout', replicas = 1, removeIdleAfter = day } = options;
  if (!/^[\w-]+$/.test(prefix)) {
    throw new TypeError(`Invalid prefix: expected letters, digits, - and _, got ${prefix}`);
  }
  if (!Number.isSafeInteger(replicas) || replicas < 1 || replicas > 5) {
    throw new RangeError(`Invalid replicas: expected a whole number of 1 to 5, got ${replicas}`);
  }
  if (!(removeIdleAfter > 0)) {
    throw new RangeError(`Invalid removeIdleAfter: expected milliseconds above 0, got ${removeIdleAfter}`);
  }
  if (options.connection !== undefined && (options.servers ?? options.client) !== undefined) {
    throw new TypeError('Invalid connection: expected it alone, or servers and client, got both');
  }
  const connection = options.connection ?? (await connectTo(options));
  return NatsBroker.open(connection, {
    ...defaultPendingLimits,
    ...options,
    prefix,
    replicas,
    removeIdleAfter,
    ownsConnection: options.connection === undefined,
  });
}

async function connectTo({ servers = '127.0.0.1:4222', client = {} }: NatsBrokerOptions): Promise<NatsConnection> {
  const { timeout = connectTimeout } = client;
  const options: ConnectionOptions = {
    pingInterval: 1_000,
    maxPingOut: 2,
    ...client,
    timeout,
    servers,
    maxReconnectAttempts: -1,
    // A password that is wrong for a while must not end it for good.
    ignoreAuthErrorAbort: true,
    reconnectDelayHandler: () => Math.random() * longestWait,
  };
  try {
    return await dial(() => connect(options));
  } catch (error) {
    throw connectError(error, { servers: [servers].flat(), timeout });
  }
}

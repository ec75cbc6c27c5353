import { connect, type ConnectionOptions, type NatsConnection } from '@nats-io/transport-node';
import { resolveOptions } from '@turnout/core/options';
import type { Broker } from '@turnout/topics';
import { connectError } from './broker-errors.ts';
import { dial } from './dial.ts';
import { NatsBroker } from './nats-broker.ts';
import { natsOptions, type NatsBrokerOptions } from './nats-options.ts';

/** How long, in ms, one attempt to connect may take. */
const connectTimeout = 3_000;

/** The longest delay, in ms, before the next attempt to connect. */
const longestWait = 2_000;

/**
 * Connects to NATS as the broker of one hub.
 *
 * @throws {TypeError | RangeError} (rejects) on an invalid option, and on `connection` together with `servers` or
 *   `client`
 * @throws {TopicError} (rejects) with `TOPIC_ERR_BROKER_LOST` if NATS cannot be reached, and with `TOPIC_ERR_BROKER` if
 *   it refuses the credentials, or a permission that all topics need; the client's error is the `cause`. After a later
 *   loss the broker reconnects by itself
 */
export async function connectNats(options?: NatsBrokerOptions): Promise<Broker> {
  const settings = resolveOptions(natsOptions, options);
  if (settings.connection !== undefined && (settings.servers ?? settings.client) !== undefined) {
    throw new TypeError('Invalid option connection: expected it alone, or servers and client, got both');
  }
  const connection = settings.connection ?? (await connectTo(settings));
  return NatsBroker.open(connection, {
    ...settings,
    ownsConnection: settings.connection === undefined,
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
    // A temporarily wrong password must not stop reconnecting permanently.
    ignoreAuthErrorAbort: true,
    reconnectDelayHandler: () => Math.random() * longestWait,
  };
  try {
    return await dial(() => connect(options));
  } catch (error) {
    throw connectError(error, { servers: [servers].flat(), timeout });
  }
}

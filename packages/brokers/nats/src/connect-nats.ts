import { connect, type NatsConnection } from '@nats-io/transport-node';
import { resolveOptions } from '@turnout/core/options';
import type { Broker } from '@turnout/topics';
import { NatsBroker } from './nats-broker.ts';
import { natsOptions, type NatsBrokerOptions } from './nats-options.ts';

/** How long, in ms, one attempt to connect may take. */
const connectTimeout = 3_000;

/** The longest wait, in ms, until it is tried again to connect. */
const longestWait = 2_000;

/**
 * Connects to NATS, as the broker of one hub.
 *
 * @throws {TypeError | RangeError} (rejects) on a wrong option, and on `connection` beside `servers` or `client`
 * @throws {Error} (rejects) where NATS can't be reached, or refuses what all topics need; later it connects again by
 *   itself
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

function connectTo({ servers = '127.0.0.1:4222', client = {} }: NatsBrokerOptions): Promise<NatsConnection> {
  return connect({
    pingInterval: 1_000,
    maxPingOut: 2,
    timeout: connectTimeout,
    ...client,
    servers,
    maxReconnectAttempts: -1,
    // A password that is wrong for a while must not end it for good.
    ignoreAuthErrorAbort: true,
    reconnectDelayHandler: () => Math.random() * longestWait,
  });
}

import { connectNats } from '@turnout/nats';
import { connectRedis } from '@turnout/redis';
import type { Broker } from '@turnout/topics';

/** How soon a silent connection is closed: `impatient` for tests that wait for that. */
export type Patience = 'patient' | 'impatient';

export function connectRedisBy(port: number, patience: Patience): Promise<Broker> {
  const times = patience === 'patient' ? { pongTimeout: 20_000 } : { pingInterval: 100, pongTimeout: 1_000 };
  return connectRedis({ url: `redis://127.0.0.1:${port}`, timeout: 10_000, ...times });
}

export function connectNatsBy(port: number, patience: Patience): Promise<Broker> {
  const client = patience === 'patient' ? { pingInterval: 10_000 } : { pingInterval: 300, timeout: 1_000 };
  return connectNats({ servers: `127.0.0.1:${port}`, timeout: 10_000, client });
}

import { connectNats } from '@turnout/nats';
import { connectRedis } from '@turnout/redis';
import type { Broker } from '@turnout/topics';

/** With times that suit a test: losses are found out in half a second. */
export function connectRedisBy(port: number): Promise<Broker> {
  return connectRedis({ url: `redis://127.0.0.1:${port}`, pingInterval: 100, pingTimeout: 500, timeout: 2_000 });
}

export function connectNatsBy(port: number): Promise<Broker> {
  return connectNats({ servers: `127.0.0.1:${port}`, client: { pingInterval: 200, timeout: 500 }, timeout: 2_000 });
}

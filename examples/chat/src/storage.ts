import { join } from 'node:path';
import { loadSecret, openDatabase, SessionStore, WriteBatch } from '@turnout/example-host';
import { redisSecret, redisSessions, SharedRedis, type RedisSettings } from '@turnout/example-host/redis';
import { createHub, type Hub } from '@turnout/topics';
import type { Store } from 'express-session';
import { ownArrivals, redisArrivals, type Arrivals } from './arrivals.ts';
import type { History } from './history.ts';
import { RedisHistory } from './redis-history.ts';
import { SqliteHistory } from './sqlite-history.ts';

/** The storage of the chat. */
export interface Storage {
  readonly history: History;
  readonly arrivals: Arrivals;
  readonly sessions: Store;
  /** Signs the cookies of the sessions. */
  readonly secret: string;
  /** Connects the processes that share the storage. */
  readonly hub: Hub;
  close(): Promise<void>;
}

/** One process, and one SQLite file. */
export function embeddedStorage(dataDir: string): Storage {
  const database = openDatabase(join(dataDir, 'chat.db'));
  const writes = new WriteBatch(database);
  const sessions = new SessionStore({ database, writes });
  const hub = createHub();
  return {
    history: new SqliteHistory(database, writes),
    arrivals: ownArrivals,
    sessions,
    secret: loadSecret(dataDir),
    hub,
    async close() {
      await hub.close();
      sessions.dispose();
      writes.flush();
      database.close();
    },
  };
}

/** Any number of processes that share a Redis. Rejects if Redis cannot be reached. */
export async function redisStorage(settings: RedisSettings): Promise<Storage> {
  const redis = await SharedRedis.connect(settings);
  const hub = createHub({ broker: await redis.connectBroker() });
  return {
    history: new RedisHistory(redis),
    arrivals: redisArrivals(redis),
    sessions: redisSessions(redis, 'chat:session:'),
    secret: await redisSecret(redis, 'chat:secret'),
    hub,
    async close() {
      await hub.close();
      await redis.close();
    },
  };
}

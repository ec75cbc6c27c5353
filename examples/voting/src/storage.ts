import { join } from 'node:path';
import { loadSecret, openDatabase, SessionStore, WriteBatch } from '@turnout/example-host';
import { redisSecret, redisSessions, SharedRedis, type RedisSettings } from '@turnout/example-host/redis';
import { createHub, type Hub } from '@turnout/topics';
import type { Store } from 'express-session';
import type { VoteStore } from './candidates.ts';
import { RedisVotes } from './redis-votes.ts';
import { SqliteVotes } from './sqlite-votes.ts';

/** The storage of the app. */
export interface Storage {
  readonly votes: VoteStore;
  readonly sessions: Store;
  /** Signs the cookies of the sessions. */
  readonly secret: string;
  /** Connects the processes that share the storage. */
  readonly hub: Hub;
  close(): Promise<void>;
}

/** One process, and one SQLite file. */
export function embeddedStorage(dataDir: string): Storage {
  const database = openDatabase(join(dataDir, 'voting.db'));
  const writes = new WriteBatch(database);
  const sessions = new SessionStore({ database, writes });
  const votes = new SqliteVotes(database, writes);
  const hub = createHub();
  return {
    votes,
    sessions,
    secret: loadSecret(dataDir),
    hub,
    async close() {
      await hub.close();
      sessions.dispose();
      votes.dispose();
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
    votes: new RedisVotes(redis),
    sessions: redisSessions(redis, 'voting:session:'),
    secret: await redisSecret(redis, 'voting:secret'),
    hub,
    async close() {
      await hub.close();
      await redis.close();
    },
  };
}

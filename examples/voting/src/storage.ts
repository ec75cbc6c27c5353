import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { loadSecret, openDatabase, SessionStore, WriteBatch } from '@turnout/example-host';
import { connectRedis } from '@turnout/redis';
import { createHub, type Hub } from '@turnout/topics';
import { RedisStore } from 'connect-redis';
import type { Store } from 'express-session';
import { createClient } from 'redis';
import type { VoteStore } from './candidates.ts';
import { RedisVotes } from './redis-votes.ts';
import { SqliteVotes } from './sqlite-votes.ts';

/** What the app keeps, and where. */
export interface Storage {
  readonly votes: VoteStore;
  readonly sessions: Store;
  /** Signs the cookies of the sessions. */
  readonly secret: string;
  /** Joins the processes that share the storage. */
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

/** Any number of processes, which share a Redis. Rejects where it can't be reached. */
export async function redisStorage(url: string): Promise<Storage> {
  const client = createClient({ url, disableOfflineQueue: true });
  // What is asked while it is away rejects; and it connects again by itself.
  client.on('error', () => {});
  await client.connect();
  await client.set('voting:secret', randomBytes(32).toString('base64url'), { condition: 'NX' });
  const hub = createHub({ broker: await connectRedis({ url }) });
  return {
    votes: new RedisVotes(client as never),
    sessions: new RedisStore({ client, prefix: 'voting:session:' }),
    secret: (await client.get('voting:secret'))!,
    hub,
    async close() {
      await hub.close();
      client.destroy();
    },
  };
}

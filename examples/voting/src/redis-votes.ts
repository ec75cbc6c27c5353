import { randomUUID } from 'node:crypto';
import type { SharedRedis } from '@turnout/example-host/redis';
import { candidateNames, type Candidate, type Counted, type Vote, type VoteStore } from './candidates.ts';

const countsKey = 'voting:counts';

/**
 * How long, in seconds, the key of a vote is remembered; without a key, as long as the vote itself may be sent twice.
 */
const keyTtl = 24 * 60 * 60;
const ownKeyTtl = 60;

/** Stores a vote and its key atomically. */
const addScript = `
local known = redis.call('GET', KEYS[2])
if known then return { known, tonumber(redis.call('HGET', KEYS[1], known) or '0') } end
redis.call('SET', KEYS[2], ARGV[1], 'EX', ARGV[2])
return { ARGV[1], redis.call('HINCRBY', KEYS[1], ARGV[1], 1) }
`;

const ids = candidateNames.map((_name, index) => String(index + 1));

/** The counts in Redis, for any number of processes. They are as durable as Redis is configured to be. */
export class RedisVotes implements VoteStore {
  readonly #redis: SharedRedis;

  constructor(redis: SharedRedis) {
    this.#redis = redis;
  }

  async all(): Promise<Candidate[]> {
    const counts = (await this.#redis.run(['HMGET', countsKey, ...ids])) as (string | null)[];
    return candidateNames.map((name, index) => ({ id: ids[index] ?? '', name, count: Number(counts[index] ?? 0) }));
  }

  async add({ voter, id, key }: Vote): Promise<Counted | undefined> {
    if (!ids.includes(id)) return undefined;
    // The Redis client repeats commands that a broken connection left unanswered.
    const keyOfVote = `voting:counted:${voter}:${key === undefined ? `:${randomUUID()}` : key}`;
    const ttl = String(key === undefined ? ownKeyTtl : keyTtl);
    const answer = await this.#redis.run(['EVAL', addScript, '2', countsKey, keyOfVote, id, ttl]);
    const [counted, count] = answer as [string, number];
    return { id: counted, count };
  }
}

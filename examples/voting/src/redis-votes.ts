import type { createClient } from 'redis';
import { candidateNames, type Candidate, type Counted, type Vote, type VoteStore } from './candidates.ts';

const countsKey = 'voting:counts';

/** How long, in seconds, the key of a vote is remembered. */
const keyTtl = 24 * 60 * 60;

/** A vote and its key at once: whatever is cut off, both are there or neither. */
const addScript = `
if ARGV[2] == 'keyed' then
  local known = redis.call('GET', KEYS[2])
  if known then return { known, tonumber(redis.call('HGET', KEYS[1], known) or '0'), 0 } end
  redis.call('SET', KEYS[2], ARGV[1], 'EX', ${keyTtl})
end
return { ARGV[1], redis.call('HINCRBY', KEYS[1], ARGV[1], 1), 1 }
`;

/** The counts in Redis, for any number of processes. They are as durable as Redis is set up to be. */
export class RedisVotes implements VoteStore {
  readonly #client: ReturnType<typeof createClient>;

  constructor(client: ReturnType<typeof createClient>) {
    this.#client = client;
  }

  async all(): Promise<Candidate[]> {
    const counts = await this.#client.hGetAll(countsKey);
    return candidateNames.map((name, index) => {
      const id = String(index + 1);
      return { id, name, count: Number(counts[id] ?? 0) };
    });
  }

  async add({ voter, id, key }: Vote): Promise<Counted | undefined> {
    if (!candidateNames.some((_name, index) => String(index + 1) === id)) return undefined;
    const answer = await this.#client.eval(addScript, {
      keys: [countsKey, `voting:counted:${voter}:${key ?? ''}`],
      arguments: [id, key === undefined ? '' : 'keyed'],
    });
    const [counted, count, isNew] = answer as unknown as [string, number, number];
    return { id: counted, count, isNew: isNew === 1 };
  }
}

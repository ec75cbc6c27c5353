import type { SharedRedis } from '@turnout/example-host/redis';
import { maxBytes, maxLines, maxRooms, type History, type Line, type Saying } from './history.ts';

/** How long, in seconds, the key of a line is remembered. */
const keyTtl = 24 * 60 * 60;

/** Stores a line, its key and its room atomically. */
const addScript = `
local ids, lines, size, rooms, said = unpack(KEYS)
local known = redis.call('GET', said)
if known then
  local kept = redis.call('ZRANGEBYSCORE', lines, known, known)[1]
  return kept or '{"id":' .. known .. ',' .. string.sub(ARGV[2], 2)
end
local id = redis.call('INCR', ids)
local line = '{"id":' .. id .. ',' .. string.sub(ARGV[2], 2)
redis.call('SET', said, id, 'EX', ${keyTtl})
redis.call('ZADD', lines, id, line)
redis.call('ZADD', rooms, id, ARGV[1])
local count, bytes = redis.call('ZCARD', lines), redis.call('INCRBY', size, #line)
while count > 1 and (count > ${maxLines} or bytes > ${maxBytes}) do
  local oldest = redis.call('ZPOPMIN', lines)[1]
  count, bytes = count - 1, redis.call('DECRBY', size, #oldest)
end
return line
`;

const roomsKey = 'chat:rooms';
const linesKey = (room: string): string => `chat:lines:${room}`;

/**
 * The newest lines of each room in Redis, for any number of processes. They are as durable as Redis is configured to
 * be.
 */
export class RedisHistory implements History {
  readonly #redis: SharedRedis;

  constructor(redis: SharedRedis) {
    this.#redis = redis;
  }

  async add(room: string, { author, key, text }: Saying): Promise<Line> {
    const keys = ['chat:ids', linesKey(room), `chat:bytes:${room}`, roomsKey, `chat:said:${room}:${author.id}:${key}`];
    const line = JSON.stringify({ author, text, at: Date.now(), key });
    return parse(await this.#redis.run(['EVAL', addScript, String(keys.length), ...keys, room, line]));
  }

  async after(room: string, id: number): Promise<Line[]> {
    const lines = await this.#redis.run(['ZRANGEBYSCORE', linesKey(room), `(${id}`, '+inf']);
    return (lines as unknown[]).map(parse);
  }

  async rooms(): Promise<{ name: string; lines: number }[]> {
    const names = (await this.#redis.run(['ZREVRANGE', roomsKey, '0', String(maxRooms - 1)])) as string[];
    const counts = await Promise.all(names.map((name) => this.#redis.run(['ZCARD', linesKey(name)])));
    return names.map((name, index) => ({ name, lines: Number(counts[index]) }));
  }
}

function parse(line: unknown): Line {
  return JSON.parse(String(line)) as Line;
}

import type { SharedRedis } from '@turnout/example-host/redis';

/** How long, in seconds, it is remembered that somebody has come, or gone. */
const ttl = 24 * 60 * 60;

/** All processes see arrivals and departures in a room; only one announces them. */
export interface Arrivals {
  /** Whether it is news that a person is there, or gone. */
  note(room: string, person: string, state: 'here' | 'gone'): Promise<boolean>;
}

/** Of the only process. */
export const ownArrivals: Arrivals = { note: async () => true };

/** The first process to note it has news. */
export function redisArrivals(redis: SharedRedis): Arrivals {
  return {
    async note(room, person, state) {
      const known = await redis.run(['SET', `chat:arrival:${room}:${person}`, state, 'EX', String(ttl), 'GET']);
      return known !== state;
    },
  };
}

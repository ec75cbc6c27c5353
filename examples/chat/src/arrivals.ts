import type { SharedRedis } from '@turnout/example-host/redis';

/** How long, in seconds, an arrival or departure is remembered. */
const ttl = 24 * 60 * 60;

/** All processes see arrivals and departures in a room; only one announces them. */
export interface Arrivals {
  /** Resolves with whether it is news that a person has arrived or left. */
  note(room: string, person: string, state: 'here' | 'gone'): Promise<boolean>;
}

/** For a single process. */
export const ownArrivals: Arrivals = { note: async () => true };

/** Across processes: the first one to note it announces it. */
export function redisArrivals(redis: SharedRedis): Arrivals {
  return {
    async note(room, person, state) {
      const known = await redis.run(['SET', `chat:arrival:${room}:${person}`, state, 'EX', String(ttl), 'GET']);
      return known !== state;
    },
  };
}

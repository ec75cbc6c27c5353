import { pendingUpgradeOf } from '@turnout/server/adapter';
import type { ConstraintStrategy, Handler, HTTPVersion } from 'find-my-way';

/** The constraint of WebSocket routes. */
export const upgradeConstraint = { upgrade: 'websocket' } as const;

/**
 * Lets Fastify's router distinguish upgrades from plain requests: upgrades match only WebSocket routes, and plain
 * requests only HTTP routes, so that both may share a path.
 */
export const upgradeStrategy: ConstraintStrategy<HTTPVersion.V1, string> = {
  name: 'upgrade',
  mustMatchWhenDerived: true,
  storage() {
    const handlers = new Map<string, Handler<HTTPVersion.V1>>();
    return {
      get: (key) => handlers.get(key) ?? null,
      set: (key, handler) => void handlers.set(key, handler),
    };
  },
  validate() {},
  deriveConstraint: (request) =>
    (pendingUpgradeOf(request) === undefined ? undefined : upgradeConstraint.upgrade) as string,
};

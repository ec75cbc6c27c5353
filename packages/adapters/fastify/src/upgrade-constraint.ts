import { pendingUpgradeOf } from '@turnout/router/adapter';
import type { ConstraintStrategy, Handler, HTTPVersion } from 'find-my-way';

/** The constraint that routes for upgrades have. */
export const upgradeConstraint = { upgrade: 'websocket' } as const;

/**
 * Tells Fastify's router an upgrade from a plain request: an upgrade matches none but WebSocket routes, and a plain
 * request none of them, so that both may stand on one path.
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

import { AsyncResource } from 'node:async_hooks';
import {
  pendingUpgradeOf,
  sendUpgradeRequired,
  unservedRouteError,
  upgradeServerOf,
  type PendingUpgrade,
  type WebSocketRoute,
} from '@turnout/server/adapter';
import compose from 'koa-compose';
import type { Context, Middleware, Next } from 'koa';
import { sessionFor } from './session.ts';

/** Accepts upgrades, once the middleware around their route has returned. */
const accepted = new WeakMap<PendingUpgrade, () => void>();

/**
 * The middleware of a WebSocket route whose path has matched: checks the Origin, runs the route's own middleware, and
 * marks the upgrade as accepted. The 101 is sent when all middleware of the app has returned, so that what it does
 * after `next()` still counts.
 */
export function createRouteMiddleware(route: WebSocketRoute, middleware: readonly Middleware[]): Middleware {
  const chain = compose([...middleware]);
  return async (context, next) => {
    const pending = pendingUpgradeOf(context.req);
    if (pending === undefined) return requireUpgrade(context, next);
    if (!(await route.admits(pending))) {
      context.respond = false;
      return;
    }
    await chain(context, async () => {
      context.status = pending.acceptStatus;
      // What middleware runs in a context of its own has returned by then, and the handler belongs there.
      const scope = new AsyncResource('WebSocketUpgrade');
      const accept = (): void => route.accept(pending, { context, session: sessionFor(context) });
      accepted.set(pending, () => scope.runInAsyncScope(accept));
      // Koa responds only if later middleware has changed the status.
      Object.defineProperty(context, 'respond', {
        get: () => context.status !== pending.acceptStatus,
        configurable: true,
      });
    });
  };
}

/**
 * Call it when all middleware has returned: sends the 101 if a route has accepted and no middleware has answered
 * otherwise.
 */
export function completeUpgrade(pending: PendingUpgrade): void {
  if (pending.response.statusCode === pending.acceptStatus) accepted.get(pending)?.();
}

/** Answers 426 to a plain request that no other middleware answers. */
async function requireUpgrade(context: Context, next: Next): Promise<void> {
  const upgradeServer = upgradeServerOf(context.app);
  if (upgradeServer === undefined) {
    const error = unservedRouteError(context.req);
    if (error !== undefined) throw error;
  }
  await next();
  const isRead = context.method === 'GET' || context.method === 'HEAD';
  if (!isRead || context.status !== 404 || (context.body ?? null) !== null || context.headerSent) return;
  context.respond = false;
  if (upgradeServer === undefined) sendUpgradeRequired(context.req, context.res);
  else upgradeServer.requireUpgrade(context.req, context.res);
}

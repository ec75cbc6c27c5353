import { parseRegistration, pendingUpgradeOf, WebSocketRoute } from '@turnout/server/adapter';
import type { Middleware } from 'koa';
import { passFiles } from './pass-files.ts';
import { createRouteMiddleware } from './route-middleware.ts';
import type { Path } from './path.ts';
import type { WsMethod } from './ws-method.ts';

/** The used part of `@koa/router`. */
interface RouterLike {
  readonly stack: readonly LayerLike[];
  match(path: string, method: string): { readonly pathAndMethod: readonly LayerLike[] };
  middleware(): RouterMiddleware;
  register(path: Path, methods: string[], middleware: Middleware[]): unknown;
}

/** The middleware that a router of `@koa/router` makes. */
type RouterMiddleware = Middleware & { readonly router: RouterLike };

interface LayerLike {
  /** Empty for middleware of `use()`. */
  readonly methods: readonly string[];
  readonly stack: readonly Middleware[];
  match(path: string): boolean;
}

/** The method with which routers find WebSocket routes and handlers of `all()`; no HTTP route has it. */
const upgradeMethod = 'CONNECT';

/**
 * The middleware that `ws()` registered. It identifies the routes, because a nested router is copied layer by layer.
 */
const webSocketRoutes = new WeakSet<Middleware>();

/** Routers whose `match` handles upgrades. */
const prepared = new WeakSet<RouterLike>();

/** Routers that are about to match an upgrade. */
const upgrading = new WeakSet<RouterLike>();

/**
 * Adds a method `ws(path, options?, ...middleware, handler)` to a router of `@koa/router`; the app that uses its
 * `routes()` must have been passed to `turnout()`.
 *
 * @returns the same router
 */
export function withWs<Router extends object>(router: Router): Router & { readonly ws: WsMethod<Router> } {
  const owner = router as unknown as RouterLike;
  const createMiddleware = owner.middleware.bind(owner);
  const ws = (path: Path, ...rest: readonly unknown[]): Router => {
    const { options, middleware, handler } = parseRegistration(path, rest);
    const run = createRouteMiddleware(new WebSocketRoute(options, handler), middleware as Middleware[]);
    webSocketRoutes.add(run);
    // GET is for plain requests, which get 426 if no other route answers.
    owner.register(path, [upgradeMethod, 'GET'], [run]);
    return router;
  };
  // Here too, for routers inside a function of the app, such as that of `koa-mount`.
  const hidden = (): Middleware => hideRoutes(createMiddleware());
  return Object.assign(router, { ws: ws as unknown as WsMethod<Router>, routes: hidden, middleware: hidden });
}

/**
 * Makes a router of `@koa/router` match an upgrade only with its WebSocket routes and the handlers of `all()` and
 * `use()`. All of the app's code sees a GET: the other method is used only for matching.
 */
export function hideRoutes(middleware: RouterMiddleware): Middleware {
  const { router } = middleware;
  prepare(router);
  const hidden: Middleware = (context, next) => {
    if (pendingUpgradeOf(context.req) === undefined) return middleware(context, next) as unknown;
    upgrading.add(router);
    // A router for another host calls `next` without matching.
    return middleware(context, () => {
      upgrading.delete(router);
      return next();
    }) as unknown;
  };
  return Object.assign(hidden, { router });
}

function prepare(router: RouterLike): void {
  if (prepared.has(router)) return;
  prepared.add(router);
  const match = router.match.bind(router);
  router.match = (path, method) => {
    // The router calls `match` first, in the same tick.
    if (!upgrading.delete(router)) return match(path, method);
    const found = match(path, upgradeMethod);
    return { ...found, pathAndMethod: found.pathAndMethod.map(withoutFiles) };
  };
}

/** The same layer, with middleware that does not answer an upgrade with a file. */
function withoutFiles(layer: LayerLike): LayerLike {
  if (layer.methods.length > 0) return layer;
  return Object.create(layer, { stack: { value: layer.stack.map(passFiles) } }) as LayerLike;
}

export function isRouter(middleware: Middleware): middleware is RouterMiddleware {
  return routerOf(middleware) !== undefined;
}

export function claimsByRouter(middleware: Middleware, path: string): boolean {
  const stack = routerOf(middleware)?.stack ?? [];
  return stack.some((layer) => layer.stack.some((run) => webSocketRoutes.has(run)) && layer.match(path));
}

function routerOf(middleware: Middleware): RouterLike | undefined {
  return (middleware as { readonly router?: RouterLike | undefined }).router;
}

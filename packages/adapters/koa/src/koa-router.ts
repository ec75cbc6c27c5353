import { parseRegistration, pendingUpgradeOf, WebSocketRoute } from '@turnout/router/adapter';
import type { Middleware } from 'koa';
import { passFiles } from './pass-files.ts';
import { createRouteMiddleware } from './route-middleware.ts';
import type { Path } from './path.ts';
import type { WsMethod } from './ws-method.ts';

/** What is looked at of `@koa/router`. */
interface RouterLike {
  readonly stack: readonly LayerLike[];
  match(path: string, method: string): { readonly pathAndMethod: readonly LayerLike[] };
  middleware(): Middleware;
  register(path: Path, methods: string[], middleware: Middleware[]): unknown;
}

interface LayerLike {
  /** None, where it is middleware of `use()`. */
  readonly methods: readonly string[];
  readonly stack: readonly Middleware[];
  match(path: string): boolean;
}

/** The method by which routers find their WebSocket routes, and what `all()` registered; no HTTP route has it. */
const upgradeMethod = 'CONNECT';

/** What `ws()` registered: known by it, as a router that another one uses is copied layer by layer. */
const webSocketRoutes = new WeakSet<Middleware>();

/** Routers whose `match` knows of upgrades. */
const prepared = new WeakSet<RouterLike>();

/** Routers that are about to look for the routes of an upgrade. */
const upgrading = new WeakSet<RouterLike>();

/**
 * Gives a router of `@koa/router` a method `ws(path, options?, ...middleware, handler)`; the app that its `routes()`
 * are used in must have gone through `turnout()`.
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
    // The second, for plain requests, gives 426 where no other route of the path answers.
    owner.register(path, [upgradeMethod, 'GET'], [run]);
    return router;
  };
  // Here too, for routers that stand in a function of the app, such as that of `koa-mount`.
  const hidden = (): Middleware => hideRoutes(createMiddleware());
  return Object.assign(router, { ws: ws as unknown as WsMethod<Router>, routes: hidden, middleware: hidden });
}

/**
 * Has a router of `@koa/router` match none but its WebSocket routes for an upgrade, and what `all()` and `use()`
 * registered. All of the app's code sees the GET that an upgrade is: the other method is the search's alone.
 */
export function hideRoutes(middleware: Middleware): Middleware {
  const router = routerOf(middleware)!;
  prepare(router);
  const hidden: Middleware = (context, next) => {
    if (pendingUpgradeOf(context.req) === undefined) return middleware(context, next) as unknown;
    upgrading.add(router);
    // A router of another host goes on without a search.
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
    // It is what the router calls first, within the same turn.
    if (!upgrading.delete(router)) return match(path, method);
    const found = match(path, upgradeMethod);
    return { ...found, pathAndMethod: found.pathAndMethod.map(withoutFiles) };
  };
}

/** The same layer, whose middleware answers no upgrade with a file. */
function withoutFiles(layer: LayerLike): LayerLike {
  if (layer.methods.length > 0) return layer;
  return Object.create(layer, { stack: { value: layer.stack.map(passFiles) } }) as LayerLike;
}

export function isRouter(middleware: Middleware): boolean {
  return routerOf(middleware) !== undefined;
}

export function claimsByRouter(middleware: Middleware, path: string): boolean {
  const stack = routerOf(middleware)?.stack ?? [];
  return stack.some((layer) => layer.stack.some((run) => webSocketRoutes.has(run)) && layer.match(path));
}

function routerOf(middleware: Middleware): RouterLike | undefined {
  return (middleware as { readonly router?: RouterLike | undefined }).router;
}

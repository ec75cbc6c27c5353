import { parseRegistration, pendingUpgradeOf, WebSocketRoute } from '@turnout/router';
import type { Middleware } from 'koa';
import { createRouteMiddleware } from './route-middleware.ts';
import type { Path } from './path.ts';
import type { WsMethod } from './ws-method.ts';

/** What is looked at of `@koa/router`. */
interface RouterLike {
  readonly stack: readonly { readonly methods: readonly string[]; match(path: string): boolean }[];
  register(path: Path, methods: string[], middleware: Middleware[]): unknown;
}

/** The method of an upgrade over HTTP/2 (RFC 8441), which no HTTP route has. */
const upgradeMethod = 'CONNECT';

/**
 * Gives a router of `@koa/router` a method `ws(path, options?, ...middleware, handler)`; the app that its `routes()` are
 * used in must have gone through `turnout()`.
 *
 * @returns the same router
 */
export function withWs<Router extends object>(router: Router): Router & { readonly ws: WsMethod<Router> } {
  const ws = (path: Path, ...rest: readonly unknown[]): Router => {
    const { options, middleware, handler } = parseRegistration(path, rest);
    const run = createRouteMiddleware(new WebSocketRoute(options, handler), middleware as Middleware[]);
    const restored: Middleware = (context, next) => {
      if (pendingUpgradeOf(context.req) !== undefined) context.req.method = 'GET';
      return run(context, next) as unknown;
    };
    // The second, for plain requests, gives 426 where no other route of the path answers.
    (router as unknown as RouterLike).register(path, [upgradeMethod, 'GET'], [restored]);
    return router;
  };
  return Object.assign(router, { ws: ws as unknown as WsMethod<Router> });
}

/**
 * Has the routers of `@koa/router` among an app's middleware match none but their WebSocket routes, while all other
 * middleware sees the GET that an upgrade request is.
 */
export function hideRoutes(middleware: Middleware): Middleware {
  if (routerOf(middleware) === undefined) return middleware;
  return (context, next) => {
    const { req } = context;
    // The router looks for its routes before it gives control back.
    req.method = upgradeMethod;
    try {
      return middleware(context, () => {
        req.method = 'GET';
        return next();
      }) as unknown;
    } finally {
      req.method = 'GET';
    }
  };
}

export function claimsByRouter(middleware: Middleware, path: string): boolean {
  const stack = routerOf(middleware)?.stack ?? [];
  return stack.some((layer) => layer.methods.includes(upgradeMethod) && layer.match(path));
}

function routerOf(middleware: Middleware): RouterLike | undefined {
  return (middleware as { readonly router?: RouterLike | undefined }).router;
}

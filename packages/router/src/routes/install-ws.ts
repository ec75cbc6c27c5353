import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  noteUpgradeRequired,
  parseRegistration,
  pendingUpgradeOf,
  requirePendingUpgrade,
  unservedRouteError,
  WebSocketRoute,
} from '@turnout/server/adapter';
import { noteWebSocketRoute } from './claims-target.ts';

/** A pillarjs/router, an Express app, or an Express Router. */
export interface RouteOwner {
  route(path: never): object;
}

interface Route {
  all(...handlers: readonly unknown[]): unknown;
}

/**
 * Adds a method `ws(path, options?, ...middleware, handler)` to a router, and returns that router. `Ws` is the type of
 * the method, with the framework's types of request and middleware.
 *
 * The route is one of the router's own, in the order of registration, so its path matches as with `get()`. Only
 * WebSocket routes, `use()`, `all()` and `param()` see an upgrade request.
 */
export function installWs<Owner extends RouteOwner, Ws>(owner: Owner): Owner & { readonly ws: Ws } {
  const ws = (path: unknown, ...rest: readonly unknown[]): Owner => {
    const { options, middleware, handler } = parseRegistration(path, rest);
    const { gate, accept } = createLayers(new WebSocketRoute(options, handler));
    const route = owner.route(path as never) as Route;
    route.all(gate, ...middleware, accept);
    noteWebSocketRoute(route);
    return owner;
  };
  return Object.assign(owner, { ws: ws as Ws });
}

type Next = (signal?: 'route' | Error) => void;

/** The parts of a route, which the router runs in this order: `gate`, the route's middleware, `accept`. */
interface Layers {
  /** Admits upgrade requests whose Origin is allowed; passes plain requests to other routes. */
  readonly gate: (request: IncomingMessage, response: ServerResponse, next: Next) => void;
  readonly accept: (request: IncomingMessage) => void;
}

function createLayers(route: WebSocketRoute): Layers {
  return {
    gate(request, _response, next) {
      const pending = pendingUpgradeOf(request);
      if (pending === undefined) {
        const error = unservedRouteError(request);
        if (error !== undefined) return next(error);
        noteUpgradeRequired(request);
        return next('route');
      }
      const isAdmitted = route.admits(pending);
      if (isAdmitted instanceof Promise) void goOnIf(isAdmitted, next);
      else if (isAdmitted) next();
    },
    accept(request) {
      route.accept(requirePendingUpgrade(request), { context: request });
    },
  };
}

async function goOnIf(condition: Promise<boolean>, next: Next): Promise<void> {
  if (await condition) next();
}

import type { SocketHandler } from './open-socket.ts';
import { noteWebSocketRoute } from './route-claim.ts';
import { assertRouteOptions } from './route-options.ts';
import type { RouteOptions } from './route-options.ts';
import { createWebSocketRoute } from './web-socket-route.ts';

/** A router of pillarjs/router's kind: its own, an Express app's, or an Express Router. */
export interface RouteOwner {
  route(path: never): object;
}

interface Route {
  all(...handlers: readonly unknown[]): unknown;
}

interface Registration {
  readonly options: RouteOptions;
  readonly middleware: readonly unknown[];
  readonly handler: SocketHandler;
}

/**
 * Gives one router a method `ws(path, options?, ...middleware, handler)`, and returns that router. `Ws` is the type of
 * the method, which knows the request and the middleware of the router's framework.
 *
 * The route becomes one of the router's own, in the order of registration, so that its path means what it means to
 * `get()`. Of an upgrade request nothing but its WebSocket routes, `use()`, `all()` and `param()` see anything.
 */
export function installWs<Owner extends RouteOwner, Ws>(owner: Owner): Owner & { readonly ws: Ws } {
  const ws = (path: unknown, ...rest: readonly unknown[]): Owner => {
    const { options, middleware, handler } = parseRegistration(path, rest);
    const { gate, accept } = createWebSocketRoute(options, handler);
    const route = owner.route(path as never) as Route;
    route.all(gate, ...middleware, accept);
    noteWebSocketRoute(route);
    return owner;
  };
  return Object.assign(owner, { ws: ws as Ws });
}

function parseRegistration(path: unknown, rest: readonly unknown[]): Registration {
  const [first] = rest;
  const hasOptions = typeof first === 'object' && first !== null && !Array.isArray(first);
  const options = hasOptions ? (first as RouteOptions) : {};
  assertRouteOptions(options);
  const functions = (hasOptions ? rest.slice(1) : rest).flat(Infinity);
  const handler = functions.at(-1);
  const wrong = functions.find((entry) => typeof entry !== 'function');
  if (functions.length === 0 || wrong !== undefined || typeof handler !== 'function') {
    const got = functions.length === 0 ? 'none' : typeof wrong;
    throw new TypeError(`Invalid handler of WebSocket route ${String(path)}: expected a function, got ${got}`);
  }
  return { options, middleware: functions.slice(0, -1), handler: handler as SocketHandler };
}

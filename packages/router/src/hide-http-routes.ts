import type { IncomingMessage } from 'node:http';

/** What is looked at of a route of pillarjs/router, the router inside Express. */
interface RouteLike {
  readonly stack: readonly { readonly method?: string | undefined; readonly handle: unknown }[];
}

/**
 * What an upgrade request shows of itself while a router is about to run a route:
 * `everything`, no route is (or one without handlers of a method of its own);
 * `guards`, one that has some, and others for all methods;
 * `nothing`, one that has nothing but handlers of a method of its own.
 */
type View = 'everything' | 'guards' | 'nothing';

/** The method for which a route runs what `all()` registered, and no other handler: nobody can serve CONNECT here. */
const guardsOnly = 'CONNECT';

/**
 * Lets an upgrade request pass through an app without any HTTP route answering it, while all middleware sees the `GET`
 * that it is (guards against forged requests read `request.method`).
 *
 * The router assigns `request.route = route`, then `request.params`, when it is about to run a route. The route then
 * reads `request.method`, picks its handlers by it, and assigns `request.route` once more. Between these two
 * assignments `method` reads `CONNECT`, as an upgrade over HTTP/2 has it (RFC 8441): what `all()` registered runs (in
 * Express, `app.all()` is one handler for each method that Node.js knows), what `get()` registered does not. Where
 * nothing is left of a route, `params` reads empty too, so that no `param()` callback loads what no handler will see.
 *
 * One trace is left: a `param()` callback of a route that mixes `all()` and `get()` sees `CONNECT`, and so does what runs
 * after it where it fails.
 */
export function hideHttpRoutes(request: IncomingMessage): void {
  let view: View = 'everything';
  let method: unknown = request.method;
  let route: unknown;
  let params: unknown;
  Object.defineProperties(request, {
    method: accessor(
      () => (view === 'everything' ? method : guardsOnly),
      (value) => (method = value),
    ),
    route: accessor(
      () => route,
      (value) => {
        view = view !== 'everything' && value === route ? 'everything' : viewOf(value, method);
        route = value;
      },
    ),
    params: accessor(
      () => (view === 'nothing' ? {} : params),
      (value) => (params = value),
    ),
  });
}

function accessor(get: () => unknown, set: (value: unknown) => void): PropertyDescriptor {
  return { get, set, enumerable: true, configurable: true };
}

function viewOf(route: unknown, method: unknown): View {
  if (!isRoute(route)) return 'everything';
  const { stack } = route;
  const guards = stack.filter((layer) => layer.method === undefined || layer.method === guardsOnly.toLowerCase());
  const ofMethod = stack.filter((layer) => layer.method === String(method).toLowerCase());
  if (ofMethod.every((layer) => guards.some((guard) => guard.handle === layer.handle))) return 'everything';
  return guards.length > 0 ? 'guards' : 'nothing';
}

function isRoute(value: unknown): value is RouteLike {
  return typeof value === 'object' && value !== null && 'stack' in value && Array.isArray(value.stack);
}

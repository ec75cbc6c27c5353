import type { IncomingMessage } from 'node:http';

/** The used part of a route of pillarjs/router, the router inside Express. */
interface RouteLike {
  readonly stack: readonly { readonly method?: string | undefined; readonly handle: unknown }[];
}

/**
 * What an upgrade request shows of itself to a route:
 * `everything`: outside a route, or in one without handlers for a single method;
 * `guards`: in a route with such handlers and others for all methods;
 * `nothing`: in a route with only handlers for a single method.
 */
type View = 'everything' | 'guards' | 'nothing';

/** The method for which a route runs only handlers of `all()`: no route can serve CONNECT. */
const guardsOnly = 'CONNECT';

/**
 * Sends an upgrade request through an app so that no HTTP route answers it, while all middleware sees a `GET` (CSRF
 * guards read `request.method`).
 *
 * Before the router runs a route, it assigns `request.route = route`, then `request.params`. The route then reads
 * `request.method`, picks its handlers by it, and assigns `request.route` again. Between these two assignments `method`
 * reads `CONNECT`, as in an upgrade over HTTP/2 (RFC 8441): handlers of `all()` run (in Express, `app.all()` registers
 * one handler for each method that Node.js knows), those of `get()` do not. If no handler of the route remains,
 * `params` reads empty too, so that no `param()` callback loads data in vain.
 *
 * In a watched router ({@link noteWatchedRoute}) `method` reads `CONNECT` only once the route is called, so that the
 * `param()` callbacks of a route that mixes `all()` and `get()` see a `GET` too. In a router that is hidden behind a
 * function of the app they see `CONNECT`, and so do the error handlers if they fail.
 */
export function hideHttpRoutes(request: IncomingMessage): void {
  const masked = request as unknown as MaskedRequest;
  masked[mask] = { view: 'everything', method: undefined, route: undefined, params: undefined };
  Object.defineProperties(masked, accessors);
}

/** The request's real properties. */
interface Mask {
  view: View;
  /** The real method while the request shows another; else undefined. */
  method: unknown;
  route: unknown;
  params: unknown;
}

const mask = Symbol('mask');

interface MaskedRequest {
  [mask]: Mask;
  method: unknown;
}

/** Shared by all requests: with its own functions, each request would have a hidden class of its own in V8. */
const accessors: PropertyDescriptorMap & ThisType<MaskedRequest> = {
  route: {
    get() {
      return this[mask].route;
    },
    set(route: unknown) {
      const { view, route: running } = this[mask];
      const next = view !== 'everything' && route === running ? 'everything' : viewOf(route, trueMethodOf(this));
      show(this, next, watchedRoutes.has(route as object));
      this[mask].route = route;
    },
    enumerable: true,
    configurable: true,
  },
  params: {
    get() {
      return this[mask].view === 'nothing' ? {} : this[mask].params;
    },
    set(params: unknown) {
      this[mask].params = params;
    },
    enumerable: true,
    configurable: true,
  },
};

const watchedRoutes = new WeakSet<object>();

/** Delays hiding a route's handlers until {@link beginRoute} is called. */
export function noteWatchedRoute(route: object): void {
  watchedRoutes.add(route);
}

/** Call it before a watched route picks its handlers. */
export function beginRoute(request: IncomingMessage): void {
  const masked = request as unknown as MaskedRequest;
  if (masked[mask].view === 'guards') hideMethod(masked);
}

function trueMethodOf(request: MaskedRequest): unknown {
  return request[mask].method ?? request.method;
}

function hideMethod(request: MaskedRequest): void {
  request[mask].method = trueMethodOf(request);
  request.method = guardsOnly;
}

function show(request: MaskedRequest, view: View, isWatched: boolean): void {
  request[mask].view = view;
  if (view === 'nothing' || (view === 'guards' && !isWatched)) return hideMethod(request);
  request.method = trueMethodOf(request);
  request[mask].method = undefined;
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

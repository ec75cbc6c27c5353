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
 * Where the layers of a router are watched ({@link noteWatchedRoute}), `method` reads so no sooner than the route is
 * called, so that the `param()` callbacks of a route that mixes `all()` and `get()` see a `GET` too. In a router that
 * nobody can see, behind a function of the app, they see `CONNECT`, and so does what runs after them where they fail.
 */
export function hideHttpRoutes(request: IncomingMessage): void {
  const masked = request as unknown as MaskedRequest;
  masked[mask] = { view: 'everything', method: undefined, route: undefined, params: undefined };
  Object.defineProperties(masked, accessors);
}

/** What is kept of a request's own properties meanwhile. */
interface Mask {
  view: View;
  /** The method, while the request shows another; else undefined. */
  method: unknown;
  route: unknown;
  params: unknown;
}

const mask = Symbol('mask');

interface MaskedRequest {
  [mask]: Mask;
  method: unknown;
}

/** The same for every request: with functions of its own, each would be of a shape that V8 has never seen. */
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

/** Has a route hide its handlers when {@link beginRoute} is called, and not before. */
export function noteWatchedRoute(route: object): void {
  watchedRoutes.add(route);
}

/** To be called when a watched route is about to pick its handlers. */
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

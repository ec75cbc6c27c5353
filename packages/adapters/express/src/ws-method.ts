import type { RouteOptions, RouteParameters, SocketHandler } from '@turnout/router';
import type { Request, RequestHandler } from 'express';

/** A path as Express accepts it. */
export type Path = string | RegExp | (string | RegExp)[];

/** The parameters of a path, by name if it is a string literal. */
export type Params<P extends Path> = P extends string
  ? string extends P
    ? Request['params']
    : RouteParameters<P>
  : Request['params'];

/** The app's ordinary HTTP middleware. It runs before the 101. */
export type Middleware<P> = RequestHandler<P> | readonly Middleware<P>[];

/** What follows the path: options, or the first middleware. */
type First<P> = RouteOptions<Request<P>> | Middleware<P>;

type Handler<P> = SocketHandler<Request<P>>;

/**
 * `ws(path, options?, ...middleware, handler)`: one signature for each number of middleware, because TypeScript infers
 * a function's parameter types only if its position is known.
 */
export interface WsMethod<Owner> {
  <Route extends Path, P = Params<Route>>(path: Route, handler: Handler<NoInfer<P>>): Owner;
  <Route extends Path, P = Params<Route>>(path: Route, first: First<NoInfer<P>>, handler: Handler<NoInfer<P>>): Owner;
  <Route extends Path, P = Params<Route>>(
    path: Route,
    first: First<NoInfer<P>>,
    second: Middleware<NoInfer<P>>,
    handler: Handler<NoInfer<P>>,
  ): Owner;
  <Route extends Path, P = Params<Route>>(
    ...args: [
      path: Route,
      first: First<NoInfer<P>>,
      second: Middleware<NoInfer<P>>,
      third: Middleware<NoInfer<P>>,
      handler: Handler<NoInfer<P>>,
    ]
  ): Owner;
  <Route extends Path, P = Params<Route>>(
    ...args: [
      path: Route,
      first: First<NoInfer<P>>,
      second: Middleware<NoInfer<P>>,
      third: Middleware<NoInfer<P>>,
      fourth: Middleware<NoInfer<P>>,
      handler: Handler<NoInfer<P>>,
    ]
  ): Owner;
  <Route extends Path, P = Params<Route>>(
    path: Route,
    ...rest: [first: First<NoInfer<P>>, ...middleware: Middleware<NoInfer<P>>[], handler: Handler<NoInfer<P>>]
  ): Owner;
}

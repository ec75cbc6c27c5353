import type { PathParameters, RouteOptions, SocketHandler } from '@turnout/server';
import type { Middleware, RouteContext } from './context.ts';
import type { Path } from './path.ts';

/** The parameters of a path, by name if it is a string literal. */
export type Params<P extends Path> = P extends string ? PathParameters<P> : Record<string, string>;

/** What follows the path: options, or the first middleware. */
type First<P> = RouteOptions | Middleware<P> | readonly Middleware<P>[];

/** A route's handler: gets the accepted socket and Koa's context. */
export type Handler<P> = SocketHandler<RouteContext<P>>;

/** `ws(path, options?, ...middleware, handler)`. */
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
    path: Route,
    ...rest: [first: First<NoInfer<P>>, ...middleware: Middleware<NoInfer<P>>[], handler: Handler<NoInfer<P>>]
  ): Owner;
}

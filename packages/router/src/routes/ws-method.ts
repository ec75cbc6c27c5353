import type Router from 'router';
import type { SocketHandler } from '../upgrade/open-socket.ts';
import type { RouteOptions } from '../options/route-options.ts';

type Middleware<P> = Router.RequestHandler<P> | readonly Middleware<P>[];
type First<P> = RouteOptions<Router.Request<P>> | Middleware<P>;
type Handler<P> = SocketHandler<Router.Request<P>>;

/** The parameters that a path has, by name: `{ room: string }` for `'/rooms/:room'`. */
export type RouteParameters<Path extends Router.Path> = Router.RouteParameters<Path>;

/**
 * `ws(path, options?, ...middleware, handler)`: one signature for each number of middleware, as TypeScript finds the
 * types of a function's parameters only where it knows its place.
 */
export interface WsMethod<Owner> {
  <Path extends Router.Path, P = RouteParameters<Path>>(path: Path, handler: Handler<NoInfer<P>>): Owner;
  <Path extends Router.Path, P = RouteParameters<Path>>(
    path: Path,
    first: First<NoInfer<P>>,
    handler: Handler<NoInfer<P>>,
  ): Owner;
  <Path extends Router.Path, P = RouteParameters<Path>>(
    path: Path,
    first: First<NoInfer<P>>,
    second: Middleware<NoInfer<P>>,
    handler: Handler<NoInfer<P>>,
  ): Owner;
  <Path extends Router.Path, P = RouteParameters<Path>>(
    ...args: [
      path: Path,
      first: First<NoInfer<P>>,
      second: Middleware<NoInfer<P>>,
      third: Middleware<NoInfer<P>>,
      handler: Handler<NoInfer<P>>,
    ]
  ): Owner;
  <Path extends Router.Path, P = RouteParameters<Path>>(
    ...args: [
      path: Path,
      first: First<NoInfer<P>>,
      second: Middleware<NoInfer<P>>,
      third: Middleware<NoInfer<P>>,
      fourth: Middleware<NoInfer<P>>,
      handler: Handler<NoInfer<P>>,
    ]
  ): Owner;
  <Path extends Router.Path, P = RouteParameters<Path>>(
    path: Path,
    ...rest: [first: First<NoInfer<P>>, ...middleware: Middleware<NoInfer<P>>[], handler: Handler<NoInfer<P>>]
  ): Owner;
}

import type { RouteOptions, SocketHandler } from '@turnout/server';
import type Router from 'router';

type Middleware<P> = Router.RequestHandler<P> | readonly Middleware<P>[];
type First<P> = RouteOptions<Router.Request<P>> | Middleware<P>;
type Handler<P> = SocketHandler<Router.Request<P>>;

/** The parameters of a path, by name: `{ room: string }` for `'/rooms/:room'`. */
export type RouteParameters<Path extends Router.Path> = Router.RouteParameters<Path>;

/**
 * `ws(path, options?, ...middleware, handler)`: one signature for each number of middleware, because TypeScript infers
 * a function's parameter types only if its position is known.
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

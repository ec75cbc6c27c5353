import type { PathParameters, RouteOptions, SocketHandler } from '@turnout/server';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { OwnOptions } from './route-options.ts';

/** The parameters of a path, by name if it is a string literal. */
export type Params<Path extends string> = PathParameters<Path>;

/** Options of one route: those for its sockets, which override the app's, and Fastify's own. */
export type WsRouteOptions = RouteOptions & OwnOptions;

/**
 * A route's handler: gets the accepted socket and Fastify's request; `this` is the instance on which the route is
 * registered.
 */
export type Handler<P> = (
  this: FastifyInstance,
  ...parameters: Parameters<SocketHandler<FastifyRequest<{ Params: P }>>>
) => unknown;

/** `ws(path, options?, handler)`. */
export interface WsMethod<Owner> {
  <Path extends string, P = Params<Path>>(path: Path, handler: Handler<NoInfer<P>>): Owner;
  <Path extends string, P = Params<Path>>(path: Path, options: WsRouteOptions, handler: Handler<NoInfer<P>>): Owner;
}

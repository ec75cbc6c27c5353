import type { RouteOptions, RouteParameters, SocketHandler } from '@turnout/router';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { OwnOptions } from './route-options.ts';

/** The parameters of a path: by name where it is a literal. */
export type Params<Path extends string> = string extends Path ? Record<string, string> : RouteParameters<Path>;

/** Options of one route: those of its sockets, which replace the app's, and Fastify's own. */
export type WsRouteOptions = RouteOptions & OwnOptions;

/**
 * A route's own code: gets the accepted socket and Fastify's request; `this` is the instance that the route stands in.
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

import type { RouteOptions, RouteParameters, SocketHandler } from '@turnout/router';
import type { FastifyRequest } from 'fastify';
import type { OwnOptions } from './route-options.ts';

/** The parameters of a path: by name where it is a literal. */
export type Params<Path extends string> = string extends Path ? Record<string, string> : RouteParameters<Path>;

/** Options of one route: those of its sockets, which replace the app's, and Fastify's own. */
export type WsRouteOptions = RouteOptions & OwnOptions;

/** A route's own code: gets the accepted socket and Fastify's request. */
export type Handler<P> = SocketHandler<FastifyRequest<{ Params: P }>>;

/** `ws(path, options?, handler)`. */
export interface WsMethod<Owner> {
  <Path extends string, P = Params<Path>>(path: Path, handler: Handler<NoInfer<P>>): Owner;
  <Path extends string, P = Params<Path>>(path: Path, options: WsRouteOptions, handler: Handler<NoInfer<P>>): Owner;
}

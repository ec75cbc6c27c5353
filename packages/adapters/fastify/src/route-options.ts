import type { RouteOptions } from '@turnout/router';
import type { RouteOptions as FastifyRouteOptions } from 'fastify';

/** What of a route's options is Fastify's. */
const fastifyOptions = [
  'attachValidation',
  'childLoggerFactory',
  'config',
  'constraints',
  'errorHandler',
  'logLevel',
  'onError',
  'onRequest',
  'onResponse',
  'onSend',
  'preHandler',
  'preParsing',
  'preSerialization',
  'preValidation',
  'prefixTrailingSlash',
  'schema',
  'schemaErrorFormatter',
  'validatorCompiler',
] as const;

/** The options that Fastify takes for a route. */
export type OwnOptions = Partial<Pick<FastifyRouteOptions, (typeof fastifyOptions)[number]>>;

export interface SplitOptions {
  readonly socketOptions: RouteOptions;
  readonly routeOptions: OwnOptions;
}

/** Takes apart what a route's sockets are told and what Fastify is. */
export function splitOptions(options: RouteOptions & OwnOptions): SplitOptions {
  const own = new Set<string>(fastifyOptions);
  const entries = Object.entries(options);
  return {
    socketOptions: Object.fromEntries(entries.filter(([name]) => !own.has(name))),
    routeOptions: Object.fromEntries(entries.filter(([name]) => own.has(name))),
  };
}

import type { RouteOptions } from '@turnout/server';
import type { RouteOptions as FastifyRouteOptions } from 'fastify';

/** The route options that go to Fastify. */
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

/** Fastify's options for a route. */
export type OwnOptions = Partial<Pick<FastifyRouteOptions, (typeof fastifyOptions)[number]>>;

export interface SplitOptions {
  readonly socketOptions: RouteOptions;
  readonly routeOptions: OwnOptions;
}

/** Separates the options for a route's sockets from those for Fastify. */
export function splitOptions(options: RouteOptions & OwnOptions): SplitOptions {
  const own = new Set<string>(fastifyOptions);
  const entries = Object.entries(options);
  return {
    socketOptions: Object.fromEntries(entries.filter(([name]) => !own.has(name))),
    routeOptions: Object.fromEntries(entries.filter(([name]) => own.has(name))),
  };
}

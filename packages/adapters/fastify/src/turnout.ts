import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Address, AppOptions, CloseOptions, DisconnectOptions } from '@turnout/server';
import { callback, checked, object, readOptions, resolveOptions, text, type OptionsFor } from '@turnout/core/options';
import {
  appOptions,
  attach,
  closeOptions,
  parseRegistration,
  pendingUpgradeOf,
  UpgradeServer,
  WebSocketRoute,
  type AppSockets,
} from '@turnout/server/adapter';
import type { FastifyInstance, FastifyPluginAsync, FastifyRequest, RouteOptions } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { PathTable, type RouterOptions } from './path-table.ts';
import { splitOptions } from './route-options.ts';
import { watchStore } from './session.ts';
import { upgradeConstraint, upgradeStrategy } from './upgrade-constraint.ts';
import { createGate, createHandler, requestOf } from './web-socket-handler.ts';
import type { WsMethod } from './ws-method.ts';

/** Options of an app; they apply to all its upgrades. */
export interface TurnoutOptions extends Omit<AppOptions, 'user'> {
  /** Names the user of a request, once the hooks have run, for `disconnectUser()`. Default: none. */
  readonly user?: ((request: FastifyRequest) => string | undefined) | undefined;
  /** How the sockets are closed when the app closes; see {@link CloseOptions}. */
  readonly close?: CloseOptions | undefined;
}

const turnoutOptions = {
  ...appOptions,
  user: callback<NonNullable<TurnoutOptions['user']>>(),
  close: checked<CloseOptions>('an object', (given) => resolveOptions(closeOptions, given, 'close.')),
  // register() passes its own options on to every plugin.
  prefix: text(undefined),
  logLevel: text(undefined),
  logSerializers: object<object>(),
} satisfies OptionsFor<TurnoutOptions & FastifyRegisterOptions>;

/** Fastify's own options of `register()`. */
interface FastifyRegisterOptions {
  readonly prefix?: string;
  readonly logLevel?: string;
  readonly logSerializers?: object;
}

declare module 'fastify' {
  interface FastifyInstance extends Omit<AppSockets, 'close'> {
    /** Adds a WebSocket route. */
    readonly ws: WsMethod<FastifyInstance>;
  }
}

const install: FastifyPluginAsync<TurnoutOptions> = async (app, given) => {
  assertRegistered(app, given);
  const read = readOptions(turnoutOptions, given);
  const { close, prefix: _prefix, logLevel: _logLevel, logSerializers: _logSerializers, ...options } = read;
  const paths = new PathTable(routerOptionsOf(app));
  const onError = options.onError ?? ((error: unknown) => app.log.error(error));
  const upgradeServer = new UpgradeServer(
    {
      dispatch: (request, response) => app.routing(request, response),
      dispatchUpgrade: (request, response) => app.routing(request, response),
      claims: (target) => paths.has(target),
      addressOf,
      clientAddressOf: (message) => requestOf(message).ip,
      howToAttach: 'use app.listen(), or app.server in place of a server of your own',
    },
    { ...options, onError } as AppOptions,
  );
  app.addConstraintStrategy(upgradeStrategy);
  app.decorate('ws', addRoute as unknown as FastifyInstance['ws']);
  app.decorate('sockets', { getter: () => upgradeServer.sockets });
  app.decorate('socketsOf', (user: string) => upgradeServer.socketsOf(user));
  app.decorate('disconnectUser', (user: string, disconnect?: DisconnectOptions) =>
    upgradeServer.disconnectUser(user, disconnect),
  );
  app.addHook('onRoute', function noteRoute(this: FastifyInstance, route: RouteOptions) {
    if (route.constraints?.['upgrade'] !== undefined) paths.add(route.url);
    else if (!this.hasPlugin('@fastify/websocket')) assertNotForeign(route);
  });
  app.addHook('onRequest', (request, reply, next) => {
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    const isUpgrade = pendingUpgradeOf(request.raw as IncomingMessage) !== undefined;
    if (isUpgrade) watchStore(request);
    if (!request.is404 || !isRead || isUpgrade || !paths.has(request.url)) return next();
    reply.hijack();
    upgradeServer.requireUpgrade(request.raw as IncomingMessage, reply.raw as ServerResponse);
  });
  app.addHook('preClose', () => upgradeServer.close(close));
  attach(app.server, upgradeServer);
};

/** By the app's `trustProxy`. */
function addressOf(message: IncomingMessage): Address {
  const { protocol: scheme, host } = requestOf(message);
  return { scheme, host };
}

/** @throws {TypeError} if the plugin was called instead of registered */
function assertRegistered(app: unknown, options: unknown): void {
  const { decorate, register } = (app ?? {}) as Record<string, unknown>;
  if (typeof decorate === 'function' && typeof register === 'function' && options !== undefined) return;
  throw new TypeError('Invalid call of turnout(): it is a plugin; write await app.register(turnout)');
}

/**
 * Rejects a route for `@fastify/websocket` if that plugin is missing: it would become an HTTP route, and its upgrades
 * would get 404.
 *
 * @throws {TypeError} on such a route
 */
function assertNotForeign(route: RouteOptions & { readonly websocket?: unknown; readonly wsHandler?: unknown }): void {
  const name = ['websocket', 'wsHandler'].find((option) => route[option as 'websocket' | 'wsHandler']);
  if (name === undefined) return;
  throw new TypeError(
    `Invalid route option ${name} of ${route.url}: it is an option of @fastify/websocket, expected ` +
      `app.ws('${route.url}', handler); see docs/migrating-from-fastify-websocket.md`,
  );
}

/** The router options are nested or at the top level, as the app passed them. */
function routerOptionsOf({ initialConfig }: FastifyInstance): RouterOptions {
  const { routerOptions, ...own } = initialConfig as RouterOptions & { readonly routerOptions?: RouterOptions };
  const { caseSensitive, ignoreTrailingSlash, ignoreDuplicateSlashes, maxParamLength } = own;
  const { useSemicolonDelimiter, allowUnsafeRegex } = own;
  return (
    routerOptions ?? {
      caseSensitive,
      ignoreTrailingSlash,
      ignoreDuplicateSlashes,
      maxParamLength,
      useSemicolonDelimiter,
      allowUnsafeRegex,
    }
  );
}

function addRoute(this: FastifyInstance, path: string, ...rest: readonly unknown[]): FastifyInstance {
  const { options, handler } = parseRegistration(path, rest);
  const { socketOptions, routeOptions } = splitOptions(options);
  // Bound to the instance, as Fastify binds its handlers.
  const route = new WebSocketRoute(socketOptions, handler.bind(this));
  const { onRequest = [], constraints, ...others } = routeOptions;
  return this.route({
    ...others,
    method: 'GET',
    url: path,
    exposeHeadRoute: false,
    constraints: { ...constraints, ...upgradeConstraint },
    onRequest: [createGate(route), ...[onRequest].flat()],
    handler: createHandler(route),
  });
}

/**
 * The plugin that adds WebSocket routes to a Fastify app: `app.ws(path, options?, handler)`. Register it before the
 * routes; `app.close()` then closes the sockets too.
 *
 * @example
 * ```ts
 * import Fastify from 'fastify';
 * import { turnout } from '@turnout/fastify';
 *
 * const app = Fastify();
 * await app.register(turnout);
 * app.ws('/echo', (socket) => {
 *   socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
 * });
 * await app.listen({ port: 8080 });
 * ```
 */
export const turnout = fastifyPlugin(install, { fastify: '5.x', name: '@turnout/fastify' });

/**
 * The API of [`express-ws`](https://www.npmjs.com/package/express-ws) on Turnout, for migration. New code uses
 * `turnout()`.
 *
 * @module
 */
import type { Server } from 'node:http';
import type { Server as SecureServer } from 'node:https';
import type { PerMessageDeflateOptions, WebSocket } from '@turnout/core';
import { callback, flag, members, resolveOptions, type OptionsFor, type Resolved } from '@turnout/core/options';
import { createWebSocketServer } from '@turnout/router';
import { appOptions, installWs, type WebSocketServer } from '@turnout/router/adapter';
import { Router, type Application, type NextFunction, type Request } from 'express';
import { asWs7 } from './as-ws7.ts';
import { attach, turnout, type WebSocketApp } from './turnout.ts';

/** As in `express-ws`: each function gets the socket, which is already open. */
export type WebSocketRequestHandler = (socket: WebSocket, request: Request, next: NextFunction) => unknown;

/** The options of a `WebSocketServer` that Turnout supports. */
export interface WsOptions {
  readonly maxPayload?: number;
  readonly perMessageDeflate?: boolean | PerMessageDeflateOptions;
  /** Chooses one of the subprotocols that a client offers, `false` for none. Default: the first. */
  readonly handleProtocols?: (offered: string[], request: Request) => string | false | undefined;
  /** `false` leaves `getWss().clients` undefined. Default `true`. */
  readonly clientTracking?: boolean;
}

export interface ExpressWsOptions {
  /** Whether `express.Router()` gets `ws()` only through `applyTo()`. Default `false`. */
  readonly leaveRouterUntouched?: boolean;
  readonly wsOptions?: WsOptions;
}

export interface Instance<App> {
  readonly app: App;
  /** The supported parts of a `WebSocketServer`: its `connection` event, `clients` and `close()`. */
  getWss(): WebSocketServer;
  applyTo(router: object): void;
}

const wsOptions = {
  maxPayload: appOptions.maxPayload,
  perMessageDeflate: appOptions.perMessageDeflate,
  handleProtocols: callback<NonNullable<WsOptions['handleProtocols']>>(),
  clientTracking: flag(true),
} satisfies OptionsFor<WsOptions>;

const expressWsOptions = {
  leaveRouterUntouched: flag(false),
  wsOptions: members(wsOptions),
} satisfies OptionsFor<ExpressWsOptions>;

type WsMethod = (
  path: string | RegExp,
  ...handlers: (WebSocketRequestHandler | WebSocketRequestHandler[])[]
) => unknown;

/** The server of each app; a router may belong to several. */
const servers = new WeakMap<object, WebSocketServer>();

/**
 * Adds `ws()` to an app as `express-ws` does: text messages are strings, and all functions after the path get the
 * socket.
 *
 * @throws {TypeError} on an option of `wsOptions` that does not exist; the message says what to use instead
 */
export function expressWs<App extends Application>(
  app: App,
  server?: Server | SecureServer | null,
  options?: ExpressWsOptions,
): Instance<App & Omit<WebSocketApp, 'ws'> & { readonly ws: WsMethod }> {
  const { leaveRouterUntouched, wsOptions } = resolveOptions(expressWsOptions, options);
  const { maxPayload, perMessageDeflate } = wsOptions;
  const served = turnout(app, { maxPayload, perMessageDeflate });
  const connections = createConnections(wsOptions);
  servers.set(app, connections);
  applyTo(served);
  if (server) attach(server, app);
  if (!leaveRouterUntouched) patchRouters();
  return { app: served as never, getWss: () => connections, applyTo };
}

function createConnections({ handleProtocols, clientTracking }: Resolved<typeof wsOptions>): WebSocketServer {
  const connections = createWebSocketServer({
    handleProtocols: handleProtocols && ((offered, request) => handleProtocols([...offered], request as Request)),
  });
  if (!clientTracking) Object.defineProperty(connections, 'clients', { value: undefined });
  return connections;
}

/** Adds `ws()` to one router, unless it already has it. */
function applyTo(router: object): void {
  const add = (Object.hasOwn(router, 'ws') ? router : installWs(router as never)) as { readonly ws: Add };
  const { ws: addRoute } = add;
  const ws = (path: string, ...handlers: WebSocketRequestHandler[]): object => {
    addRoute(path, { protocols }, (socket, request) => run(handlers.flat(), socket, request));
    return router;
  };
  Object.defineProperty(router, 'ws', { value: ws, configurable: true, writable: true });
}

type Add = (
  this: void,
  path: string,
  options: { protocols: typeof protocols },
  handler: (socket: WebSocket, request: Request) => unknown,
) => unknown;

function protocols(offered: readonly string[], request: Request): string | false {
  return serverOf(request)?.protocols(offered, request) ?? offered[0] ?? false;
}

/** The server of the request's app, or of an app that it is mounted in. */
function serverOf({ app }: Request): WebSocketServer | undefined {
  for (let owner: object | undefined = app; owner !== undefined; owner = (owner as { parent?: object }).parent) {
    const server = servers.get(owner);
    if (server !== undefined) return server;
  }
  return undefined;
}

/** Adds `ws()` to all routers, existing and future, through their prototype. */
function patchRouters(): void {
  const prototype = ('route' in Router ? Router : (Router as { prototype: object }).prototype) as object;
  Object.defineProperty(prototype, 'ws', {
    configurable: true,
    writable: true,
    value(this: { ws: WsMethod }, ...args: Parameters<WsMethod>) {
      applyTo(this);
      return this.ws(...args);
    },
  });
}

async function run(handlers: readonly WebSocketRequestHandler[], socket: WebSocket, request: Request): Promise<void> {
  asWs7(socket);
  Object.assign(request, { ws: socket });
  const call = async (index: number): Promise<void> => {
    const handler = handlers[index];
    // No handler is left for the socket.
    if (handler === undefined) return socket.close();
    let following: Promise<void> | undefined;
    const next = (error?: unknown): void => {
      following = error === undefined ? call(index + 1) : Promise.reject(error as Error);
      following.catch(() => {});
    };
    await handler(socket, request, next as NextFunction);
    await following;
  };
  await Promise.all([serverOf(request)?.handler(socket, request), call(0)]);
}

/**
 * The way over from [`express-ws`](https://www.npmjs.com/package/express-ws): its API on Turnout. New code uses
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

/** As `express-ws` has it: each function gets the socket, which is open already. */
export type WebSocketRequestHandler = (socket: WebSocket, request: Request, next: NextFunction) => unknown;

/** Of the options of a `WebSocketServer` those that Turnout has too. */
export interface WsOptions {
  readonly maxPayload?: number;
  readonly perMessageDeflate?: boolean | PerMessageDeflateOptions;
  /** Chooses one of the subprotocols that a client offers, `false` for none. Default: the first. */
  readonly handleProtocols?: (offered: string[], request: Request) => string | false | undefined;
  /** `false` leaves `getWss().clients` undefined. Default `true`. */
  readonly clientTracking?: boolean;
}

export interface ExpressWsOptions {
  /** Whether `express.Router()` goes without `ws()` where `applyTo()` has not given it. Default `false`. */
  readonly leaveRouterUntouched?: boolean;
  readonly wsOptions?: WsOptions;
}

export interface Instance<App> {
  readonly app: App;
  /** What there is of a `WebSocketServer`: its `connection` event, `clients` and `close()`. */
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

/** The server of each app: a router may be a part of several. */
const servers = new WeakMap<object, WebSocketServer>();

/**
 * Gives an app `ws()` as `express-ws` does: text messages are strings, and all functions behind the path get the
 * socket.
 *
 * @throws {TypeError} on an option of `wsOptions` that is not there, with what to use instead
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

/** Gives one router `ws()`, unless it has it. */
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

/** Of the app that the request came to, or of one that it is mounted in. */
function serverOf({ app }: Request): WebSocketServer | undefined {
  for (let owner: object | undefined = app; owner !== undefined; owner = (owner as { parent?: object }).parent) {
    const server = servers.get(owner);
    if (server !== undefined) return server;
  }
  return undefined;
}

/** All routers that are made from now on, and those that were, as their prototype is changed. */
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
    // Nobody is left to take care of the socket.
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

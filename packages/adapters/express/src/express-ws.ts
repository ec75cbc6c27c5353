/**
 * The way over from [`express-ws`](https://www.npmjs.com/package/express-ws): its API on Turnout. New code uses `turnout()`.
 *
 * @module
 */
import type { Server } from 'node:http';
import type { Server as SecureServer } from 'node:https';
import type { PerMessageDeflateOptions, WebSocket } from '@turnout/core';
import { installWs } from '@turnout/router';
import { Router, type Application, type NextFunction, type Request } from 'express';
import { attach, turnout, type WebSocketApp } from './turnout.ts';

/** As `express-ws` has it: each function gets the socket, which is open already. */
export type WebSocketRequestHandler = (socket: WebSocket, request: Request, next: NextFunction) => unknown;

export interface ExpressWsOptions {
  /** Whether `express.Router()` goes without `ws()` where `applyTo()` has not given it. Default `false`. */
  readonly leaveRouterUntouched?: boolean;
  /** Of the options of a `WebSocketServer` those that Turnout has too. */
  readonly wsOptions?: {
    readonly maxPayload?: number;
    readonly perMessageDeflate?: boolean | PerMessageDeflateOptions;
  };
}

export interface Instance<App> {
  readonly app: App;
  /** What there is of a `WebSocketServer`: its `clients`. */
  getWss(): { readonly clients: ReadonlySet<WebSocket> };
  applyTo(router: object): void;
}

const knownOptions = new Set(['maxPayload', 'perMessageDeflate']);

type WsMethod = (path: string | RegExp, ...handlers: WebSocketRequestHandler[]) => unknown;

/**
 * Gives an app `ws()` as `express-ws` does: text messages are strings, and all functions behind the path get the socket.
 *
 * @throws {TypeError} on an option of `wsOptions` that is not there, with what to use instead
 */
export function expressWs<App extends Application>(
  app: App,
  server?: Server | SecureServer | null,
  { leaveRouterUntouched = false, wsOptions = {} }: ExpressWsOptions = {},
): Instance<App & Omit<WebSocketApp, 'ws'> & { readonly ws: WsMethod }> {
  const unknown = Object.keys(wsOptions).find((name) => !knownOptions.has(name));
  if (unknown !== undefined) {
    throw new TypeError(`Invalid option wsOptions.${unknown}: not there; see docs/migrating-from-express-ws.md`);
  }
  const served = turnout(app, wsOptions);
  applyTo(served);
  if (server) attach(server, app);
  if (!leaveRouterUntouched) patchRouters();
  return {
    app: served as never,
    getWss: () => ({ clients: served.sockets }),
    applyTo,
  };
}

/** Gives one router `ws()`. */
function applyTo(router: object): void {
  const add = (Object.hasOwn(router, 'ws') ? router : installWs(router as never)) as { readonly ws: Add };
  const { ws: addRoute } = add;
  const ws = (path: string, ...handlers: WebSocketRequestHandler[]): object => {
    addRoute(path, (socket, request) => run(handlers.flat(), socket, request));
    return router;
  };
  Object.defineProperty(router, 'ws', { value: ws, configurable: true, writable: true });
}

type Add = (this: void, path: string, handler: (socket: WebSocket, request: Request) => unknown) => unknown;

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
  giveStrings(socket);
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
  await call(0);
}

/** As `ws` 7, on which `express-ws` stands: text comes as a string, and goes back as text. */
function giveStrings(socket: WebSocket): void {
  const emit = socket.emit.bind(socket) as (name: string, ...args: unknown[]) => boolean;
  Object.assign(socket, {
    emit: (name: string, ...args: unknown[]) => {
      const [data, isBinary] = args;
      return name === 'message' && isBinary === false ? emit(name, String(data), false) : emit(name, ...args);
    },
  });
}

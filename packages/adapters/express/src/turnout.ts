import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Server as SecureServer } from 'node:https';
import { isWebSocketUpgrade } from '@turnout/core';
import type { WebSocket } from '@turnout/core';
import { attach as attachSwitchboard, bindRouter, installWs, noteMountedApp, Switchboard } from '@turnout/router';
import type { Address, AppOptions, CloseOptions, DisconnectOptions } from '@turnout/router';
import type { Application, NextFunction, Request } from 'express';
import finalhandler from 'finalhandler';
import type { WsMethod } from './ws-method.ts';

/** Options of an app; they hold for all upgrades that come through it. */
export type TurnoutOptions = AppOptions<Request>;

/** What `turnout()` adds to an Express app. */
export interface WebSocketApp {
  /** Adds a WebSocket route. */
  readonly ws: WsMethod<this>;
  /** The sockets that are open now. */
  readonly sockets: ReadonlySet<WebSocket>;
  /** The sockets of one user, as the option `user` names them, over all sessions. */
  socketsOf(user: string): readonly WebSocket[];
  /**
   * Closes all sockets of one user in this process: with 3000 `Disconnected`, or where they may come back at once 1012.
   *
   * @returns how many
   */
  disconnectUser(user: string, options?: DisconnectOptions): number;
  /**
   * Refuses new upgrades with 503 and `Retry-After`, also those that are not answered yet, closes all sockets, and cuts
   * off what has not gone within `timeout`. The HTTP server goes on.
   *
   * @returns a promise that resolves when the last has gone
   * @throws {RangeError} on a code that may not be sent, or a timeout that is no delay
   */
  close(options?: CloseOptions): Promise<void>;
}

type Handle = (request: IncomingMessage, response: ServerResponse, next?: NextFunction) => void;

const switchboards = new WeakMap<object, Switchboard>();

/** Against clients that send their headers slowly or not at all; Node.js waits for 60 s, and looks every 30 s. */
const serverOptions = { headersTimeout: 10_000, connectionsCheckingInterval: 2_000 };

/**
 * Gives an Express app WebSocket routes: `app.ws()`, `app.sockets`, `app.close()`, and an `app.listen()` that serves
 * them. Changes this one app, not Express.
 *
 * @returns the same app
 * @throws {TypeError | RangeError} on a wrong option, or an app that has WebSocket routes already
 */
export function turnout<App extends Application>(app: App, options: TurnoutOptions = {}): App & WebSocketApp {
  if (switchboards.has(app)) throw new TypeError('Invalid app: it has WebSocket routes already');
  const stack = (): readonly unknown[] => routerOf(app)?.stack ?? [];
  const binding = bindRouter((request, response) => (app as unknown as Handle)(request, response), stack);
  const switchboard = new Switchboard({ ...binding, addressOf }, options);
  switchboards.set(app, switchboard);
  finishWith(app, switchboard);
  // Express calls a mounted app from a function of its own, which it has just made the last layer of the parent.
  app.on('mount', (parent: Application) => noteMountedApp(routerOf(parent)!.stack.at(-1)!.handle, stack));
  app.listen = listen.bind(undefined, app) as App['listen'];
  const members = {
    sockets: { get: () => switchboard.sockets },
    socketsOf: { value: (user: string) => switchboard.socketsOf(user) },
    disconnectUser: {
      value: (user: string, disconnect?: DisconnectOptions) => switchboard.disconnectUser(user, disconnect),
    },
    close: { value: (closeOptions?: CloseOptions) => switchboard.close(closeOptions) },
  };
  return Object.defineProperties(installWs<App, WsMethod<App & WebSocketApp>>(app), members) as App & WebSocketApp;
}

/**
 * Serves an app's WebSocket routes on a server of your own; `app.listen()` does it for its own.
 *
 * @throws {TypeError} on an app that did not go through `turnout()`
 */
export function attach(server: Server | SecureServer, app: Application): void {
  const switchboard = switchboards.get(app);
  if (switchboard === undefined) throw new TypeError('Invalid app: expected one that turnout() has returned');
  attachSwitchboard(server, switchboard);
}

interface Stacked {
  readonly stack: readonly { readonly handle: object }[];
}

/** Express 4 makes its router with the first route, and throws where its `router` is read. */
function routerOf(app: Application): Stacked | undefined {
  const { _router: early } = app as { readonly _router?: Stacked | undefined };
  return 'lazyrouter' in app ? early : app.router;
}

/** As the app's `trust proxy` has it. Express 4 has no `host` with the port in it. */
function addressOf(message: IncomingMessage): Address {
  const request = message as Request;
  const isTrusted = (request.app.get('trust proxy fn') as (address: string | undefined, hop: number) => boolean)(
    request.socket.remoteAddress,
    0,
  );
  const forwarded = isTrusted ? request.get('X-Forwarded-Host') : undefined;
  return { scheme: request.protocol, host: forwarded?.split(',', 1)[0]!.trim() ?? request.get('Host') };
}

/** Has the app's requests end in the switchboard, and then as they do in Express: its 404, its default error handler. */
function finishWith(app: Application, switchboard: Switchboard): void {
  const handle = (app as unknown as { handle: Handle }).handle.bind(app);
  const onerror = (error: unknown): void => {
    if (app.get('env') !== 'test') console.error(error);
  };
  const override: Handle = (request, response, next) => {
    const finish = (error?: unknown): void => {
      const answer = finalhandler(request, response, { env: app.get('env') as string, onerror });
      switchboard.finish({ request, response, error }, answer);
    };
    handle(request, response, next ?? finish);
  };
  Object.assign(app, { handle: override });
}

/** As `app.listen()` of Express: the last function is called once, when the server listens or cannot. */
function listen(app: Application, ...args: unknown[]): Server {
  const server = createServer(withUpgradesApart(serverOptions), app);
  attach(server, app);
  const last = args.at(-1);
  if (typeof last === 'function') {
    let callback = last as ((error?: Error) => void) | undefined;
    const once = (error?: Error): void => {
      callback?.(error);
      callback = undefined;
    };
    args[args.length - 1] = once;
    server.once('error', once);
  }
  return server.listen(...(args as []));
}

/** Has Node.js 24 and later treat an upgrade to anything but `websocket` as the plain request that it is too. */
function withUpgradesApart<Options extends object>(options: Options): Options {
  return { ...options, shouldUpgradeCallback: isWebSocketUpgrade };
}

import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Server as SecureServer } from 'node:https';
import type { Address, AppOptions } from '@turnout/router';
import {
  assertNewApp,
  attachApp,
  bindRouter,
  describeAppSockets,
  installWs,
  noteMountedApp,
  registerApp,
  UpgradeServer,
  type AppSockets,
} from '@turnout/router/adapter';
import type { Application, NextFunction, Request } from 'express';
import finalhandler from 'finalhandler';
import { assertExpressApp } from './assert-express-app.ts';
import { createServer } from './create-server.ts';
import { messageClasses } from './message-classes.ts';
import type { WsMethod } from './ws-method.ts';

/** Options of an app; they apply to all upgrades that pass through it. */
export type TurnoutOptions = AppOptions<Request>;

/** What `turnout()` adds to an Express app. */
export interface WebSocketApp extends AppSockets {
  /** Adds a WebSocket route. */
  readonly ws: WsMethod<this>;
}

type Handle = (request: IncomingMessage, response: ServerResponse, next?: NextFunction) => void;

/**
 * Adds WebSocket routes to an Express app: `app.ws()`, `app.sockets`, `app.close()`, and an `app.listen()` that serves
 * them. Changes only this app, not Express.
 *
 * @returns the same app
 * @throws {TypeError | RangeError} on an invalid option, if `app` is not an Express app, or if it already has WebSocket
 *   routes
 */
export function turnout<App extends Application>(app: App, options: TurnoutOptions = {}): App & WebSocketApp {
  assertExpressApp(app);
  assertNewApp(app);
  const stack = (): readonly unknown[] => routerOf(app)?.stack ?? [];
  const { ServerResponse: Response } = messageClasses(app);
  const binding = bindRouter((request, response) => (app as unknown as Handle)(request, response), stack);
  const upgradeServer = new UpgradeServer({ ...binding, Response, addressOf, clientAddressOf, howToAttach }, options);
  registerApp(app, upgradeServer);
  finishWith(app, upgradeServer);
  // Express calls a mounted app from a function that it has just added as the last layer of the parent.
  app.on('mount', (parent: Application) => {
    const layer = routerOf(parent)?.stack.at(-1);
    if (layer !== undefined) noteMountedApp(layer.handle, stack);
  });
  app.listen = listen.bind(undefined, app) as App['listen'];
  return Object.defineProperties(
    installWs<App, WsMethod<App & WebSocketApp>>(app),
    describeAppSockets(upgradeServer),
  ) as App & WebSocketApp;
}

/**
 * Serves an app's WebSocket routes on your own server; `app.listen()` does so for the server it creates.
 *
 * @throws {TypeError} on an app that was not passed to `turnout()`
 */
export function attach(server: Server | SecureServer, app: Application): void {
  attachApp(server, app);
}

const howToAttach =
  'call attach(server, app), or app.listen() or createServer(app) of @turnout/express in place of http.createServer(app)';

interface Stacked {
  readonly stack: readonly { readonly handle: object }[];
}

/** Express 4 creates its router with the first route, and throws if `app.router` is read. */
function routerOf(app: Application): Stacked | undefined {
  const { _router: early } = app as { readonly _router?: Stacked | undefined };
  return 'lazyrouter' in app ? early : app.router;
}

/** By the app's `trust proxy`. In Express 4 `request.host` lacks the port. */
function addressOf(message: IncomingMessage): Address {
  const request = message as Request;
  const isTrusted = (request.app.get('trust proxy fn') as (address: string | undefined, hop: number) => boolean)(
    request.socket.remoteAddress,
    0,
  );
  const forwarded = isTrusted ? request.get('X-Forwarded-Host') : undefined;
  return { scheme: request.protocol, host: forwarded?.replace(/,.*/, '').trim() ?? request.get('Host') };
}

/** By the app's `trust proxy`. */
function clientAddressOf(message: IncomingMessage): string | undefined {
  return (message as Request).ip;
}

/**
 * Ends the app's requests in the upgrade server, and then as Express does: with its 404 or its default error handler.
 */
function finishWith(app: Application, upgradeServer: UpgradeServer): void {
  const handle = (app as unknown as { handle: Handle }).handle.bind(app);
  const onerror = (error: unknown): void => {
    if (app.get('env') !== 'test') console.error(error);
  };
  const override: Handle = (request, response, next) => {
    const finish = (error?: unknown): void => {
      const answer = finalhandler(request, response, { env: app.get('env') as string, onerror });
      upgradeServer.finish({ request, response, error }, answer);
    };
    if (next === undefined) upgradeServer.enter(request);
    handle(request, response, next ?? finish);
  };
  Object.assign(app, { handle: override });
}

/** As in Express's `app.listen()`: a callback is called once, on the server, when that listens or fails to. */
function listen(app: Application, ...args: unknown[]): Server {
  const server = createServer(app);
  const last = args.at(-1);
  if (typeof last === 'function') {
    let callback = last as ((error?: Error) => void) | undefined;
    const once = (error?: Error): void => {
      callback?.call(server, error);
      callback = undefined;
    };
    args[args.length - 1] = once;
    server.once('error', once);
  }
  return server.listen(...(args as []));
}

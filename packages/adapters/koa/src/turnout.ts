import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { isWebSocketUpgrade, type WebSocket } from '@turnout/core';
import {
  attach as attachSwitchboard,
  parseRegistration,
  pathOfTarget,
  pendingUpgradeOf,
  Switchboard,
  WebSocketRoute,
  type AnyServer,
  type AppOptions,
  type CloseOptions,
  type DisconnectOptions,
} from '@turnout/router';
import compose from 'koa-compose';
import type Application from 'koa';
import type { Middleware } from 'koa';
import { contextOf, noteContext, type RouteContext } from './context.ts';
import { claimsByRouter, hideRoutes } from './koa-router.ts';
import { compilePath, type PathTest, type Path } from './path.ts';
import { completeUpgrade, createRouteMiddleware } from './route-middleware.ts';
import type { WsMethod } from './ws-method.ts';

/** Options of an app; they hold for all upgrades that come through it. */
export interface TurnoutOptions extends Omit<AppOptions, 'user'> {
  /** Names the user of a context, once middleware has run, for `disconnectUser()`. Default: none. */
  readonly user?: ((context: RouteContext) => string | undefined) | undefined;
}

/** What `turnout()` adds to a Koa app. */
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
   * @throws {RangeError} on a code that may not be sent, or a time that is no delay
   */
  close(options?: CloseOptions): Promise<void>;
}

const switchboards = new WeakMap<object, Switchboard>();

/** The paths of an app's own routes, by their middleware. */
type Paths = Map<Middleware, PathTest>;

/** Against clients that send their headers slowly or not at all; Node.js waits for 60 s, and looks every 30 s. */
const serverOptions = { headersTimeout: 10_000, connectionsCheckingInterval: 2_000 };

/**
 * Gives a Koa app WebSocket routes: `app.ws()`, `app.sockets`, `app.close()`, and an `app.listen()` that serves them.
 * Changes this one app, not Koa.
 *
 * @returns the same app
 * @throws {TypeError | RangeError} on a wrong option, or an app that has WebSocket routes already
 */
export function turnout<App extends Application>(app: App, options: TurnoutOptions = {}): App & WebSocketApp {
  if (switchboards.has(app)) throw new TypeError('Invalid app: it has WebSocket routes already');
  const paths: Paths = new Map();
  const onError = options.onError ?? ((error: unknown, { request }) => emitError(app, error, request));
  const switchboard = new Switchboard(
    {
      dispatch: lazily(() => app.callback()),
      dispatchUpgrade: (request, response) => {
        serveUpgrade(app, request, response).catch((error: unknown) => pendingUpgradeOf(request)!.fail(error));
      },
      claims: (target) => claims(app, paths, pathOfTarget(target)),
      addressOf: (request) => {
        const context = contextOf(request)!;
        return { scheme: context.protocol, host: context.host };
      },
    },
    { ...options, onError } as AppOptions,
  );
  switchboards.set(app, switchboard);
  const ws = (path: Path, ...rest: readonly unknown[]): App => {
    const { options: routeOptions, middleware, handler } = parseRegistration(path, rest);
    const run = createRouteMiddleware(new WebSocketRoute(routeOptions, handler), middleware as Middleware[]);
    const test = compilePath(path);
    const routed: Middleware = (context, next) => {
      const params = test(context.path);
      if (params === null) return next();
      context.params = params;
      return run(context, next) as unknown;
    };
    paths.set(routed, test);
    return app.use(routed) as App;
  };
  return addMembers(app, switchboard, ws);
}

function addMembers<App extends Application>(app: App, switchboard: Switchboard, ws: unknown): App & WebSocketApp {
  return Object.defineProperties(app, {
    ws: { value: ws },
    sockets: { get: () => switchboard.sockets },
    socketsOf: { value: (user: string) => switchboard.socketsOf(user) },
    disconnectUser: {
      value: (user: string, disconnect?: DisconnectOptions) => switchboard.disconnectUser(user, disconnect),
    },
    close: { value: (closeOptions?: CloseOptions) => switchboard.close(closeOptions) },
    listen: { value: (...args: unknown[]) => listen(app, args), configurable: true },
  }) as App & WebSocketApp;
}

/**
 * Serves an app's WebSocket routes on a server of your own; `app.listen()` does it for its own.
 *
 * @throws {TypeError} on an app that did not go through `turnout()`
 */
export function attach(server: AnyServer, app: Application): void {
  const switchboard = switchboards.get(app);
  if (switchboard === undefined) throw new TypeError('Invalid app: expected one that turnout() has returned');
  attachSwitchboard(server, switchboard);
}

/** As Koa serves a request, but that routers show none but their WebSocket routes. Koa's own `onerror` answers errors. */
async function serveUpgrade(app: Application, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const pending = pendingUpgradeOf(request)!;
  if (app.listenerCount('error') === 0) app.on('error', app.onerror.bind(app));
  const context = app.createContext(request, response);
  noteContext(context);
  const chain = compose(app.middleware.map(hideRoutes));
  const handle = (): Promise<unknown> =>
    (app as unknown as Served).handleRequest(context, (served) => chain(served).then(() => undefined));
  const { ctxStorage } = app as unknown as Served;
  await (ctxStorage ? ctxStorage.run(context, handle) : handle());
  completeUpgrade(pending);
}

/** What the types of Koa leave out. */
interface Served {
  readonly ctxStorage?: { run<Result>(store: unknown, callback: () => Result): Result } | undefined;
  handleRequest(context: Application.Context, chain: (context: Application.Context) => Promise<void>): Promise<unknown>;
}

function claims(app: Application, paths: Paths, path: string): boolean {
  return app.middleware.some(
    (middleware) => (paths.get(middleware)?.(path) ?? null) !== null || claimsByRouter(middleware, path),
  );
}

function lazily(create: () => (request: IncomingMessage, response: ServerResponse) => unknown) {
  let callback: ReturnType<typeof create> | undefined;
  return (request: IncomingMessage, response: ServerResponse): void => {
    callback ??= create();
    callback(request, response);
  };
}

/** As Koa reports what its own middleware throws. */
function emitError(app: Application, error: unknown, request: IncomingMessage): void {
  app.emit('error', error, contextOf(request));
}

function listen(app: Application, args: readonly unknown[]): Server {
  const callback = app.callback();
  const server = createServer({ ...serverOptions, ...upgradesApart }, (request, response) => {
    // Koa answers its own errors: it never rejects.
    void callback(request, response);
  });
  attach(server, app);
  return server.listen(...(args as []));
}

/** Has Node.js 24 and later treat an upgrade to anything but `websocket` as the plain request that it is too. */
const upgradesApart: object = { shouldUpgradeCallback: isWebSocketUpgrade };

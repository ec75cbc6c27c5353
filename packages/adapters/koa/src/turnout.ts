import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { callback, flag, resolveOptions, type OptionsFor } from '@turnout/core/options';
import type { AnyServer, AppOptions } from '@turnout/server';
import {
  appOptions,
  assertNewApp,
  attachApp,
  describeAppSockets,
  parseRegistration,
  pathOfTarget,
  registerApp,
  requirePendingUpgrade,
  serverOptions,
  UpgradeServer,
  WebSocketRoute,
  type AppSockets,
} from '@turnout/server/adapter';
import compose from 'koa-compose';
import type Application from 'koa';
import type { Middleware } from 'koa';
import { assertKoaApp } from './assert-koa-app.ts';
import { contextOf, noteContext, requireContext, type RouteContext } from './context.ts';
import { claimsByRouter, hideRoutes, isRouter } from './koa-router.ts';
import { passFiles } from './pass-files.ts';
import { compilePath, type Path, type PathRules, type PathTest } from './path.ts';
import { completeUpgrade, createRouteMiddleware } from './route-middleware.ts';
import { watchSession } from './session.ts';
import type { WsMethod } from './ws-method.ts';

/** Options of an app; they apply to all upgrades that pass through it. */
export interface TurnoutOptions extends Omit<AppOptions, 'user'> {
  /**
   * Whether the paths of `app.ws()` are case-sensitive. Default `true`, so that no spelling of a path slips past a
   * guard that compares `context.path`; routers of `@koa/router` have their own option, `sensitive`.
   */
  readonly caseSensitive?: boolean | undefined;
  /** Whether a trailing slash makes a different path in `app.ws()`. Default `true`. */
  readonly strict?: boolean | undefined;
  /** Names the user of a context, once middleware has run, for `disconnectUser()`. Default: none. */
  readonly user?: ((context: RouteContext) => string | undefined) | undefined;
}

const turnoutOptions = {
  ...appOptions,
  caseSensitive: flag(true),
  strict: flag(true),
  user: callback<NonNullable<TurnoutOptions['user']>>(),
} satisfies OptionsFor<TurnoutOptions>;

/** What `turnout()` adds to a Koa app. */
export interface WebSocketApp extends AppSockets {
  /** Adds a WebSocket route. */
  readonly ws: WsMethod<this>;
}

/** The paths of an app's own routes, by their middleware. */
type Paths = Map<Middleware, PathTest>;

/**
 * Adds WebSocket routes to a Koa app: `app.ws()`, `app.sockets`, `app.close()`, and an `app.listen()` that serves them.
 * Changes only this app, not Koa.
 *
 * @returns the same app
 * @throws {TypeError | RangeError} on an invalid option, if `app` is not a Koa app, or if it already has WebSocket
 *   routes
 */
export function turnout<App extends Application>(app: App, options: TurnoutOptions = {}): App & WebSocketApp {
  assertKoaApp(app);
  assertNewApp(app);
  const { caseSensitive, strict, ...others } = resolveOptions(turnoutOptions, options);
  const rules: PathRules = { caseSensitive, strict };
  const paths: Paths = new Map();
  const onError = others.onError ?? ((error: unknown, { request }) => emitError(app, error, request));
  const chainOf = upgradeChainOf(app);
  let callback: ReturnType<Application['callback']> | undefined;
  const upgradeServer = new UpgradeServer(
    {
      dispatch: (request, response) => {
        // Koa answers its own errors: it never rejects.
        void (callback ??= app.callback())(request, response);
      },
      dispatchUpgrade: (request, response) => {
        serveUpgrade(app, chainOf(), { request, response }).catch((error: unknown) =>
          requirePendingUpgrade(request).fail(error),
        );
      },
      claims: (target) => claims(app, paths, pathOfTarget(target)),
      addressOf: (request) => {
        const { protocol: scheme, host } = requireContext(request);
        return { scheme, host };
      },
      // Koa returns '' if the connection has no address.
      clientAddressOf: (request) => requireContext(request).ip || undefined,
      howToAttach: 'call attach(server, app), or app.listen() in place of http.createServer(app.callback())',
    },
    { ...others, onError } as AppOptions,
  );
  registerApp(app, upgradeServer);
  return Object.defineProperties(app, {
    ws: { value: createWs(app, paths, rules) },
    listen: { value: (...args: unknown[]) => listen(app, args), configurable: true },
    ...describeAppSockets(upgradeServer),
  }) as App & WebSocketApp;
}

function createWs(app: Application, paths: Paths, rules: PathRules) {
  return (path: Path, ...rest: readonly unknown[]): Application => {
    const { options: routeOptions, middleware, handler } = parseRegistration(path, rest);
    const run = createRouteMiddleware(new WebSocketRoute(routeOptions, handler), middleware as Middleware[]);
    const test = compilePath(path, rules);
    const routed: Middleware = (context, next) => {
      const params = test(context.path);
      if (params === null) return next();
      context.params = params;
      return run(context, next) as unknown;
    };
    paths.set(routed, test);
    return app.use(routed);
  };
}

/**
 * Serves an app's WebSocket routes on your own server; `app.listen()` does so for the server it creates.
 *
 * @throws {TypeError} on an app that was not passed to `turnout()`
 */
export function attach(server: AnyServer, app: Application): void {
  attachApp(server, app);
}

/**
 * Serves an upgrade as Koa serves a request, except that routers show only their WebSocket routes. Koa's own `onerror`
 * answers errors.
 */
async function serveUpgrade(
  app: Application,
  chain: Chain,
  { request, response }: { readonly request: IncomingMessage; readonly response: ServerResponse },
): Promise<void> {
  const pending = requirePendingUpgrade(request);
  if (app.listenerCount('error') === 0) app.on('error', app.onerror.bind(app));
  const context = app.createContext(request, response);
  noteContext(context);
  watchSession(context);
  const handle = (): Promise<unknown> =>
    (app as unknown as Served).handleRequest(context, (served) => chain(served).then(() => undefined));
  const { ctxStorage } = app as unknown as Served;
  await (ctxStorage ? ctxStorage.run(context, handle) : handle());
  completeUpgrade(pending);
}

/** What Koa's types lack. */
interface Served {
  readonly ctxStorage?: { run<Result>(store: unknown, callback: () => Result): Result } | undefined;
  handleRequest(context: Application.Context, chain: (context: Application.Context) => Promise<void>): Promise<unknown>;
}

function claims(app: Application, paths: Paths, path: string): boolean {
  return app.middleware.some(
    (middleware) => (paths.get(middleware)?.(path) ?? null) !== null || claimsByRouter(middleware, path),
  );
}

/** The app's middleware for upgrades, composed again only when some was added. */
function upgradeChainOf({ middleware }: Application): () => Chain {
  let chain: Chain | undefined;
  let count = 0;
  return () => {
    if (chain === undefined || middleware.length !== count) chain = compose(middleware.map(prepare));
    count = middleware.length;
    return chain;
  };
}

/** Prepares middleware for upgrades: neither HTTP routes nor files answer them. */
function prepare(middleware: Middleware): Middleware {
  return isRouter(middleware) ? hideRoutes(middleware) : passFiles(middleware);
}

type Chain = compose.ComposedMiddleware<Application.Context>;

/** Reports an error as Koa reports those of its middleware. */
function emitError(app: Application, error: unknown, request: IncomingMessage): void {
  app.emit('error', error, contextOf(request));
}

function listen(app: Application, args: readonly unknown[]): Server {
  const callback = app.callback();
  const server = createServer(serverOptions, (request, response) => {
    // Koa answers its own errors: it never rejects.
    void callback(request, response);
  });
  attach(server, app);
  return server.listen(...(args as []));
}

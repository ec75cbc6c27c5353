import type { IncomingMessage, ServerResponse } from 'node:http';
import { flag, readOptions, type OptionsFor } from '@turnout/core/options';
import type { AnyServer, AppOptions } from '@turnout/server';
import { appOptions, attach, describeAppSockets, UpgradeServer, type AppSockets } from '@turnout/server/adapter';
import Router from 'router';
import { bindRouter } from './bind-router.ts';
import { installWs } from './install-ws.ts';
import { sendPlainAnswer, statusOf } from './plain-answer.ts';
import type { WsMethod } from './ws-method.ts';

/** Options of `createRouter`: how paths match, as in Express, and the options for all upgrades. */
export interface CreateRouterOptions extends Router.RouterOptions, AppOptions<Router.Request> {}

export const routerOptions = {
  ...appOptions,
  caseSensitive: flag(undefined),
  mergeParams: flag(undefined),
  strict: flag(undefined),
} satisfies OptionsFor<CreateRouterOptions>;

/** A router for `node:http` with WebSocket routes; it is also a request listener and middleware. */
export interface WebSocketRouter extends Router.Router, AppSockets {
  /** Serves a request; without `next`, a request that no route answers gets 404, 426 or the status of its error. */
  (request: IncomingMessage, response: ServerResponse, next?: Router.NextFunction): void;
  handle(request: IncomingMessage, response: ServerResponse, next?: Router.NextFunction): void;
  /** Adds a WebSocket route. */
  readonly ws: WsMethod<WebSocketRouter>;
  /** Serves the router on a server: its upgrades and, if there is no other listener for them, its plain requests. */
  attach(server: AnyServer): void;
}

/**
 * Creates a router with `ws(path, options?, ...middleware, handler)` besides `get`, `use` and the rest of
 * [`router`](https://www.npmjs.com/package/router), the router inside Express 5.
 *
 * @throws {TypeError | RangeError} on an invalid option
 * @example
 * ```ts
 * const router = createRouter();
 * router.ws('/echo', async (socket) => {
 *   for await (const message of socket) socket.send(message);
 * });
 * router.attach(server);
 * ```
 */
export function createRouter(options: CreateRouterOptions = {}): WebSocketRouter {
  const { caseSensitive, mergeParams, strict, ...others } = readOptions(routerOptions, options);
  const router = installWs<Router.Router, WsMethod<WebSocketRouter>>(Router({ caseSensitive, mergeParams, strict }));
  const binding = bindRouter(
    (request, response) => handle(request, response),
    () => router.stack,
  );
  const upgradeServer = new UpgradeServer({ ...binding, howToAttach: 'call router.attach(server)' }, others);
  const route = router.handle.bind(router);
  const handle = (request: IncomingMessage, response: ServerResponse, next?: Router.NextFunction): void => {
    const finish = (error?: unknown): void =>
      upgradeServer.finish({ request, response, error }, () => {
        if (error && statusOf(error) >= 500) upgradeServer.report(error, { phase: 'handshake', request });
        sendPlainAnswer(response, error);
      });
    if (next === undefined) upgradeServer.enter(request);
    route(request, response, next ?? finish);
  };
  return Object.defineProperties(router, {
    handle: { value: handle },
    attach: { value: (server: AnyServer) => attach(server, upgradeServer) },
    ...describeAppSockets(upgradeServer),
  }) as WebSocketRouter;
}

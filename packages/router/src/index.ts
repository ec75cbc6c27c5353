/**
 * WebSocket routes that are part of an app: middleware, sessions and errors before the 101, an origin rule, a drain.
 *
 * `createRouter` serves plain `node:http`. The rest is what an adapter for a framework is made of.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 * import { createRouter } from '@turnout/router';
 *
 * const router = createRouter();
 * router.ws('/echo', (socket) => {
 *   socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
 * });
 * const server = createServer();
 * router.attach(server);
 * server.listen(8080);
 * ```
 *
 * @module
 */
export { adaptStore } from './session/adapt-store.ts';
export type { ForeignStore, SessionData, StoreOperations } from './session/adapt-store.ts';
export { describeAppSockets } from './server/app-sockets.ts';
export type { AppSockets, DisconnectOptions } from './server/app-sockets.ts';
export { assertNewApp, attachApp, registerApp, upgradeServerOf } from './server/app-registry.ts';
export { attach } from './server/attach.ts';
export type { AnyServer } from './server/attach.ts';
export { bindRouter } from './routes/bind-router.ts';
export { createRouter } from './routes/create-router.ts';
export type { CreateRouterOptions, WebSocketRouter } from './routes/create-router.ts';
export type { ErrorContext, ErrorHook } from './options/error-context.ts';
export { aliasOfFile, targetWithoutFile } from './upgrade/file-answer.ts';
export { installWs } from './routes/install-ws.ts';
export type { RouteOwner } from './routes/install-ws.ts';
export { parseRegistration } from './upgrade/parse-registration.ts';
export type { Registration } from './upgrade/parse-registration.ts';
export { liveSession } from './session/live-session.ts';
export type { LiveSession, LiveSessionData } from './session/live-session.ts';
export type { CloseOptions } from './server/open-connections.ts';
export type { SocketHandler } from './upgrade/open-socket.ts';
export type { Address, OriginRule, OriginTest } from './options/origin.ts';
export { isForeignHeader } from './upgrade/foreign-header.ts';
export { pendingUpgradeOf } from './upgrade/pending-upgrade.ts';
export type { PendingUpgrade } from './upgrade/pending-upgrade.ts';
export type { SendAccept } from './upgrade/send-accept.ts';
export { unservedRouteError } from './upgrade/unserved-route.ts';
export { noteMountedApp } from './routes/claims-target.ts';
export { pathOfTarget } from './upgrade/path-of-target.ts';
export type { RateOptions } from './options/message-rates.ts';
export type { AppOptions } from './options/app-options.ts';
export type { ProtocolRule, RouteOptions } from './options/route-options.ts';
export { serverOptions } from './server/server-options.ts';
export type { SessionRequest, SessionStore } from './session/session-request.ts';
export { UpgradeServer } from './server/upgrade-server.ts';
export type { AppBinding, Exchange } from './server/upgrade-server.ts';
export { sendUpgradeRequired } from './upgrade/upgrade-required.ts';
export type { WarnOption } from './options/notices.ts';
export type { NodeHub } from './options/node-hub.ts';
export { WebSocketRoute } from './upgrade/web-socket-route.ts';
export type { Answer } from './upgrade/web-socket-route.ts';
export { createWebSocketServer, WebSocketServer } from './server/web-socket-server.ts';
export type { WebSocketServerEvents, WebSocketServerOptions } from './server/web-socket-server.ts';
export type { RouteParameters, WsMethod } from './routes/ws-method.ts';

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
export { adaptStore } from './adapt-store.ts';
export type { ForeignStore, SessionData, StoreOperations } from './adapt-store.ts';
export { describeMembers } from './app-members.ts';
export type { AppMembers, DisconnectOptions } from './app-members.ts';
export { assertNewApp, attachApp, registerApp } from './app-registry.ts';
export { attach } from './attach.ts';
export type { AnyServer } from './attach.ts';
export { bindRouter } from './bind-router.ts';
export { createRouter } from './create-router.ts';
export type { CreateRouterOptions, WebSocketRouter } from './create-router.ts';
export type { ErrorContext, ErrorHook } from './error-context.ts';
export { aliasOfFile, targetWithoutFile } from './file-answer.ts';
export { installWs, parseRegistration } from './install-ws.ts';
export type { Registration, RouteOwner } from './install-ws.ts';
export { liveSession } from './live-session.ts';
export type { LiveSession, LiveSessionData } from './live-session.ts';
export type { CloseOptions } from './open-connections.ts';
export type { SocketHandler } from './open-socket.ts';
export type { Address, OriginRule, OriginTest } from './origin.ts';
export { isForeignHeader } from './foreign-header.ts';
export { pendingUpgradeOf } from './pending-upgrade.ts';
export type { PendingUpgrade, SendAccept } from './pending-upgrade.ts';
export { noteMountedApp, pathOfTarget } from './route-claim.ts';
export type { RateOptions } from './message-rates.ts';
export type { AppOptions, ProtocolRule, RouteOptions } from './route-options.ts';
export { serverOptions } from './server-options.ts';
export type { SessionRequest, SessionStore } from './session-convention.ts';
export { Switchboard } from './switchboard.ts';
export type { AppBinding, Exchange } from './switchboard.ts';
export { sendUpgradeRequired } from './upgrade-required.ts';
export type { NodeHub } from './user-link.ts';
export { WebSocketRoute } from './web-socket-route.ts';
export type { Answer } from './web-socket-route.ts';
export { createWebSocketServer, WebSocketServer } from './web-socket-server.ts';
export type { WebSocketServerEvents, WebSocketServerOptions } from './web-socket-server.ts';
export type { RouteParameters, WsMethod } from './ws-method.ts';

/**
 * What an adapter for a framework is made of: the upgrade of one request, the routes of an app, its sockets and sessions.
 * Applications need none of it; what their handlers touch is in `@turnout/router`, and adapters export it again.
 *
 * @module
 */
export { adaptStore } from './adapt-store.ts';
export type { ForeignStore, SessionData, StoreOperations } from './adapt-store.ts';
export { describeMembers } from './app-members.ts';
export type { AppMembers } from './app-members.ts';
export { assertNewApp, attachApp, registerApp } from './app-registry.ts';
export { attach } from './attach.ts';
export { bindRouter } from './bind-router.ts';
export { aliasOfFile, targetWithoutFile } from './file-answer.ts';
export { isForeignHeader } from './foreign-header.ts';
export { installWs, parseRegistration } from './install-ws.ts';
export type { Registration, RouteOwner } from './install-ws.ts';
export { pendingUpgradeOf } from './pending-upgrade.ts';
export type { PendingUpgrade, SendAccept } from './pending-upgrade.ts';
export { noteMountedApp, pathOfTarget } from './route-claim.ts';
export { serverOptions } from './server-options.ts';
export type { SessionRequest, SessionStore } from './session-convention.ts';
export { Switchboard } from './switchboard.ts';
export type { AppBinding, Exchange } from './switchboard.ts';
export { sendUpgradeRequired } from './upgrade-required.ts';
export { WebSocketRoute } from './web-socket-route.ts';
export type { Answer } from './web-socket-route.ts';
export { WebSocketServer } from './web-socket-server.ts';

/**
 * The building blocks of an adapter for a framework: the upgrade of one request, the routes of an app, its sockets and
 * sessions. Applications do not need them; what their handlers use is in `@turnout/server`, and adapters re-export it.
 *
 * @module
 */
export { appOptions } from './options/app-options.ts';
export { routeOptions } from './options/route-options.ts';
export { assertNewApp, attachApp, registerApp, upgradeServerOf } from './server/app-registry.ts';
export { describeAppSockets } from './server/app-sockets.ts';
export type { AppSockets } from './server/app-sockets.ts';
export { attach } from './server/attach.ts';
export { closeOptions } from './server/close-options.ts';
export { serverOptions } from './server/server-options.ts';
export { UpgradeServer } from './server/upgrade-server.ts';
export type { AppBinding, Exchange } from './server/upgrade-server.ts';
export { WebSocketServer } from './server/web-socket-server.ts';
export { adaptStore } from './session/adapt-store.ts';
export type { ForeignStore, SessionData, StoreOperations } from './session/adapt-store.ts';
export type { SessionRequest, SessionStore } from './session/session-request.ts';
export { aliasOfFile, isFolderRedirect, targetWithoutFile } from './upgrade/file-answer.ts';
export { isForeignHeader } from './upgrade/foreign-header.ts';
export { parseRegistration } from './upgrade/parse-registration.ts';
export type { Registration } from './upgrade/parse-registration.ts';
export { pathOfTarget, targetOf } from './upgrade/path-of-target.ts';
export { pendingUpgradeOf } from './upgrade/pending-upgrade.ts';
export type { PendingUpgrade } from './upgrade/pending-upgrade.ts';
export { requirePendingUpgrade } from './upgrade/require-pending-upgrade.ts';
export type { SendAccept } from './upgrade/send-accept.ts';
export { unservedRouteError } from './upgrade/unserved-route.ts';
export { noteUpgradeRequired, sendUpgradeRequired } from './upgrade/upgrade-required.ts';
export { WebSocketRoute } from './upgrade/web-socket-route.ts';
export type { Answer } from './upgrade/web-socket-route.ts';

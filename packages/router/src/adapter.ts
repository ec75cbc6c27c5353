/**
 * The building blocks of an adapter for a framework whose router is like that of Express: those of
 * `@turnout/server/adapter`, and those that know the layers of such a router.
 *
 * @module
 */
export {
  adaptStore,
  aliasOfFile,
  appOptions,
  assertNewApp,
  attach,
  attachApp,
  closeOptions,
  describeAppSockets,
  isFolderRedirect,
  isForeignHeader,
  noteUpgradeRequired,
  parseRegistration,
  pathOfTarget,
  pendingUpgradeOf,
  registerApp,
  requirePendingUpgrade,
  routeOptions,
  sendUpgradeRequired,
  serverOptions,
  targetOf,
  targetWithoutFile,
  unservedRouteError,
  UpgradeServer,
  upgradeServerOf,
  WebSocketRoute,
  WebSocketServer,
} from '@turnout/server/adapter';
export type {
  Answer,
  AppBinding,
  AppSockets,
  Exchange,
  ForeignStore,
  PendingUpgrade,
  Registration,
  SendAccept,
  SessionData,
  SessionRequest,
  SessionStore,
  StoreOperations,
} from '@turnout/server/adapter';
export { bindRouter } from './routes/bind-router.ts';
export { noteMountedApp } from './routes/claims-target.ts';
export { installWs } from './routes/install-ws.ts';
export type { RouteOwner } from './routes/install-ws.ts';

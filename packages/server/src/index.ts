/**
 * WebSockets for the apps of any web framework: upgrades through an app's middleware, an origin check, sessions, limits
 * and a drain.
 *
 * Applications use it through the adapter of their framework, which re-exports what handlers need. Authors of adapters
 * find the building blocks in `@turnout/server/adapter`.
 *
 * @module
 */
export { CloseCode, prepareMessage, ProtocolError, SendError, WebSocket } from '@turnout/core';
export type {
  BinaryType,
  CloseInfo,
  ErrorPhase,
  Limits,
  MessageData,
  PerMessageDeflateOptions,
  PreparedMessage,
  SendCallback,
  SendOptions,
  SocketCloseEvent,
  SocketErrorEvent,
  SocketEvent,
  SocketMessageEvent,
  WebSocketEvents,
} from '@turnout/core';
export type { AppOptions } from './options/app-options.ts';
export type { ErrorContext, ErrorHook } from './options/error-context.ts';
export type { RateOptions } from './options/message-rates.ts';
export type { NodeHub } from './options/node-hub.ts';
export type { WarnOption } from './options/notices.ts';
export type { Address, OriginRule, OriginTest } from './options/origin.ts';
export type { PathParameters } from './options/path-parameters.ts';
export type { ProtocolRule, RouteOptions } from './options/route-options.ts';
export type { DisconnectOptions } from './server/app-sockets.ts';
export type { AnyServer } from './server/attach.ts';
export type { CloseOptions } from './server/close-options.ts';
export { DisconnectError } from './server/disconnect-error.ts';
export { createWebSocketServer } from './server/web-socket-server.ts';
export type { WebSocketServer, WebSocketServerEvents, WebSocketServerOptions } from './server/web-socket-server.ts';
export { liveSession } from './session/live-session.ts';
export type { LiveSession, LiveSessionData } from './session/live-session.ts';
export type { SocketHandler } from './upgrade/open-socket.ts';

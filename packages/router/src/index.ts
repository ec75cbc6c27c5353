/**
 * WebSocket routes that are part of an app: middleware, sessions and errors before the 101, an origin rule, a drain.
 *
 * `createRouter` serves plain `node:http`. What an adapter for a framework is made of is `@turnout/router/adapter`.
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
export type { DisconnectOptions } from './app-members.ts';
export type { AnyServer } from './attach.ts';
export { DisconnectError } from './disconnect-error.ts';
export { createRouter } from './create-router.ts';
export type { CreateRouterOptions, WebSocketRouter } from './create-router.ts';
export type { ErrorContext, ErrorHook } from './error-context.ts';
export { liveSession } from './live-session.ts';
export type { LiveSession, LiveSessionData } from './live-session.ts';
export type { RateOptions } from './message-rates.ts';
export type { CloseOptions } from './open-connections.ts';
export type { SocketHandler } from './open-socket.ts';
export type { Address, OriginRule, OriginTest } from './origin.ts';
export type { AppOptions, ProtocolRule, RouteOptions } from './route-options.ts';
export type { NodeHub } from './user-link.ts';
export { createWebSocketServer } from './web-socket-server.ts';
export type { WebSocketServer, WebSocketServerEvents, WebSocketServerOptions } from './web-socket-server.ts';
export type { RouteParameters, WsMethod } from './ws-method.ts';

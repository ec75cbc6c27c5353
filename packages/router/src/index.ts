/**
 * WebSocket routes that are part of an app: middleware, sessions and errors before the 101, an origin check, a drain.
 *
 * `createRouter` serves plain `node:http`. The building blocks of framework adapters are in `@turnout/router/adapter`.
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
export type { AppOptions } from './options/app-options.ts';
export type { ErrorContext, ErrorHook } from './options/error-context.ts';
export type { RateOptions } from './options/message-rates.ts';
export type { NodeHub } from './options/node-hub.ts';
export type { WarnOption } from './options/notices.ts';
export type { Address, OriginRule, OriginTest } from './options/origin.ts';
export type { ProtocolRule, RouteOptions } from './options/route-options.ts';
export { createRouter } from './routes/create-router.ts';
export type { CreateRouterOptions, WebSocketRouter } from './routes/create-router.ts';
export type { RouteParameters, WsMethod } from './routes/ws-method.ts';
export type { DisconnectOptions } from './server/app-sockets.ts';
export type { AnyServer } from './server/attach.ts';
export type { CloseOptions } from './server/close-options.ts';
export { createWebSocketServer } from './server/web-socket-server.ts';
export type { WebSocketServer, WebSocketServerEvents, WebSocketServerOptions } from './server/web-socket-server.ts';
export { liveSession } from './session/live-session.ts';
export type { LiveSession, LiveSessionData } from './session/live-session.ts';
export type { SocketHandler } from './upgrade/open-socket.ts';
export { DisconnectError } from './server/disconnect-error.ts';

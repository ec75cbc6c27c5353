/**
 * WebSocket routes that are part of an app: middleware, sessions and errors before the 101, an origin check, a drain.
 *
 * `createRouter` serves plain `node:http`. The building blocks of adapters for frameworks
 * with a router like that of Express are in `@turnout/router/adapter`.
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
export {
  CloseCode,
  createWebSocketServer,
  DisconnectError,
  liveSession,
  prepareMessage,
  ProtocolError,
  SendError,
  WebSocket,
} from '@turnout/server';
export type {
  Address,
  AnyServer,
  AppOptions,
  BinaryType,
  CloseInfo,
  CloseOptions,
  DisconnectOptions,
  ErrorContext,
  ErrorHook,
  ErrorPhase,
  Limits,
  LiveSession,
  LiveSessionData,
  MessageData,
  NodeHub,
  OriginRule,
  OriginTest,
  PerMessageDeflateOptions,
  PreparedMessage,
  ProtocolRule,
  RateOptions,
  RouteOptions,
  SendCallback,
  SendOptions,
  SocketCloseEvent,
  SocketErrorEvent,
  SocketEvent,
  SocketHandler,
  SocketMessageEvent,
  WarnOption,
  WebSocketEvents,
  WebSocketServer,
  WebSocketServerEvents,
  WebSocketServerOptions,
} from '@turnout/server';
export { createRouter } from './routes/create-router.ts';
export type { CreateRouterOptions, WebSocketRouter } from './routes/create-router.ts';
export type { RouteParameters, WsMethod } from './routes/ws-method.ts';

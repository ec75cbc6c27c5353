/**
 * WebSocket routes for Koa: `app.ws()` behind the app's own middleware, sessions and error handling.
 *
 * @example
 * ```ts
 * import Koa from 'koa';
 * import { turnout } from '@turnout/koa';
 *
 * const app = turnout(new Koa());
 * app.ws('/echo', (socket) => {
 *   socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
 * });
 * app.listen(8080);
 * ```
 *
 * @module
 */
export {
  CloseCode,
  DisconnectError,
  liveSession,
  prepareMessage,
  ProtocolError,
  SendError,
  WebSocket,
} from '@turnout/server';
export type {
  Address,
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
export type { Middleware, RouteContext } from './context.ts';
export { withWs } from './koa-router.ts';
export type { Path } from './path.ts';
export { attach, turnout } from './turnout.ts';
export type { TurnoutOptions, WebSocketApp } from './turnout.ts';
export { createWebSocketServer } from './web-socket-server.ts';
export type { Handler, Params, WsMethod } from './ws-method.ts';

/**
 * WebSocket routes for Fastify: `app.ws()` behind the app's own hooks, sessions and error handling.
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
export { createWebSocketServer } from './web-socket-server.ts';
export { turnout } from './turnout.ts';
export type { TurnoutOptions } from './turnout.ts';
export type { Handler, Params, WsMethod, WsRouteOptions } from './ws-method.ts';

/**
 * WebSocket routes for Fastify: `app.ws()` behind the app's own hooks, sessions and error handling.
 *
 * @module
 */
export { liveSession } from '@turnout/router';
export type {
  CloseOptions,
  DisconnectOptions,
  ErrorContext,
  ErrorHook,
  LiveSession,
  LiveSessionData,
  OriginRule,
  ProtocolRule,
  RouteOptions,
  SocketHandler,
  WebSocketServer,
  WebSocketServerOptions,
} from '@turnout/router';
export { createWebSocketServer } from './web-socket-server.ts';
export { turnout } from './turnout.ts';
export type { TurnoutOptions } from './turnout.ts';
export type { Handler, Params, WsMethod, WsRouteOptions } from './ws-method.ts';

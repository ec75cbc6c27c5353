/**
 * WebSocket routes for Fastify: `app.ws()` behind the app's own hooks, sessions and error handling.
 *
 * @module
 */
export type {
  CloseOptions,
  ErrorContext,
  ErrorHook,
  OriginRule,
  ProtocolRule,
  RouteOptions,
  SocketHandler,
} from '@turnout/router';
export { turnout } from './turnout.ts';
export type { TurnoutOptions } from './turnout.ts';
export type { Handler, Params, WsMethod, WsRouteOptions } from './ws-method.ts';

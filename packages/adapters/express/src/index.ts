/**
 * WebSocket routes for Express: `app.ws()` behind the app's own middleware, sessions and error handlers.
 *
 * @example
 * ```ts
 * import express from 'express';
 * import { turnout } from '@turnout/express';
 *
 * const app = turnout(express());
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
  createWebSocketServer,
  DisconnectError,
  liveSession,
  prepareMessage,
  ProtocolError,
  SendError,
  WebSocket,
} from '@turnout/router';
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
} from '@turnout/router';
export { createSecureServer, createServer } from './create-server.ts';
export { Router } from './router.ts';
export type { WebSocketRouter } from './router.ts';
export { attach, turnout } from './turnout.ts';
export type { TurnoutOptions, WebSocketApp } from './turnout.ts';
export type { Middleware, Params, Path, WsMethod } from './ws-method.ts';

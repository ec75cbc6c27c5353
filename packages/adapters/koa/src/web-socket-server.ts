import { type WebSocketServerOptions } from '@turnout/router';
import { WebSocketServer } from '@turnout/router/adapter';
import type { Context } from 'koa';

/**
 * As `createWebSocketServer()` of `@turnout/router`; its handler takes Koa's context, and `connection` has Node.js's
 * request.
 */
export function createWebSocketServer(options: WebSocketServerOptions = {}): WebSocketServer<Pick<Context, 'req'>> {
  return new WebSocketServer(options, ({ req }) => req);
}

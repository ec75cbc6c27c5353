import { type WebSocketServerOptions } from '@turnout/router';
import { WebSocketServer } from '@turnout/router/adapter';
import type { Context } from 'koa';

/**
 * Like `createWebSocketServer()` of `@turnout/router`, but its handler takes Koa's context; `connection` has Node.js's
 * request.
 */
export function createWebSocketServer(options: WebSocketServerOptions = {}): WebSocketServer<Pick<Context, 'req'>> {
  return new WebSocketServer(options, ({ req }) => req);
}

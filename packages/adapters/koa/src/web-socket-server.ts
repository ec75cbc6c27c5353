import { type WebSocketServerOptions } from '@turnout/server';
import { WebSocketServer } from '@turnout/server/adapter';
import type { Context } from 'koa';

/**
 * Like `createWebSocketServer()` of `@turnout/server`, but its handler takes Koa's context; `connection` has Node.js's
 * request.
 */
export function createWebSocketServer(options: WebSocketServerOptions = {}): WebSocketServer<Pick<Context, 'req'>> {
  return new WebSocketServer(options, ({ req }) => req);
}

import { type WebSocketServerOptions } from '@turnout/server';
import { WebSocketServer } from '@turnout/server/adapter';
import type { FastifyRequest } from 'fastify';

/**
 * Like `createWebSocketServer()` of `@turnout/server`, but its handler takes Fastify's request; `connection` has
 * Node.js's request.
 */
export function createWebSocketServer(
  options: WebSocketServerOptions = {},
): WebSocketServer<Pick<FastifyRequest, 'raw'>> {
  return new WebSocketServer(options, ({ raw }) => raw);
}

import { type WebSocketServerOptions } from '@turnout/router';
import { WebSocketServer } from '@turnout/router/adapter';
import type { FastifyRequest } from 'fastify';

/**
 * Like `createWebSocketServer()` of `@turnout/router`, but its handler takes Fastify's request; `connection` has
 * Node.js's request.
 */
export function createWebSocketServer(
  options: WebSocketServerOptions = {},
): WebSocketServer<Pick<FastifyRequest, 'raw'>> {
  return new WebSocketServer(options, ({ raw }) => raw);
}

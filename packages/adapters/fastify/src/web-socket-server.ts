import { type WebSocketServerOptions } from '@turnout/router';
import { WebSocketServer } from '@turnout/router/adapter';
import type { FastifyRequest } from 'fastify';

/**
 * As `createWebSocketServer()` of `@turnout/router`; its handler takes Fastify's request, and `connection` has
 * Node.js's request.
 */
export function createWebSocketServer(
  options: WebSocketServerOptions = {},
): WebSocketServer<Pick<FastifyRequest, 'raw'>> {
  return new WebSocketServer(options, ({ raw }) => raw);
}

import { createServer as createPlain, type RequestListener, type Server } from 'node:http';
import { createSecureServer, createServer as createPlainHttp2 } from 'node:http2';
import { createServer as createSecure } from 'node:https';
import type { Transport } from './transports.ts';

/**
 * Creates a server for a transport, which calls `listener` for each request. For frameworks that do not create their
 * own servers.
 */
export function createServer({ version, tls }: Transport, listener?: RequestListener): Server {
  if (version === 1) return tls === undefined ? createPlain(listener) : createSecure(tls, listener);
  const server = tls === undefined ? createPlainHttp2() : createSecureServer({ ...tls, allowHTTP1: true });
  if (listener !== undefined) server.on('request', listener as never);
  return server as unknown as Server;
}

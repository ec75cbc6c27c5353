import { createServer as createPlain, type RequestListener, type Server } from 'node:http';
import { createSecureServer, createServer as createPlainHttp2, type ServerOptions } from 'node:http2';
import { createServer as createSecure } from 'node:https';
import type { Transport } from './framework.ts';

/** A server that calls `listener` for requests, of the version of HTTP that is asked for. */
export function createServer({ version, tls }: Transport, listener?: RequestListener): Server {
  if (version === 1) return tls === undefined ? createPlain(listener) : createSecure(tls, listener);
  const options: ServerOptions = {};
  const server =
    tls === undefined ? createPlainHttp2(options) : createSecureServer({ ...options, ...tls, allowHTTP1: true });
  if (listener !== undefined) server.on('request', listener as never);
  return server as unknown as Server;
}

import { createServer as createHttpServer } from 'node:http';
import type { Server, ServerOptions } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { Server as SecureServer, ServerOptions as SecureServerOptions } from 'node:https';
import { attachApp, serverOptions } from '@turnout/router/adapter';
import type { Application } from 'express';
import { messageClasses } from './message-classes.ts';

/**
 * Creates an HTTP server for an app and its WebSocket routes. `app.listen()` creates the same server and listens. Any
 * other server works with `attach()`, but more slowly: Express then changes the prototype of each request and response.
 *
 * @param options those of `http.createServer()`. Default: its defaults, with a `headersTimeout` of 10,000 ms and a
 *   `connectionsCheckingInterval` of 2,000 ms
 * @throws {TypeError} on an app that was not passed to `turnout()`
 */
export function createServer(app: Application, options: ServerOptions = {}): Server {
  const server = createHttpServer({ ...serverOptions, ...messageClasses(app), ...options }, app);
  attachApp(server, app);
  return server;
}

/**
 * Creates an HTTPS server for an app; see {@link createServer}.
 *
 * @param options those of `https.createServer()`: `key`, `cert` and others
 * @throws {TypeError} on an app that was not passed to `turnout()`
 */
export function createSecureServer(app: Application, options: SecureServerOptions): SecureServer {
  const server = createHttpsServer({ ...serverOptions, ...messageClasses(app), ...options }, app);
  attachApp(server, app);
  return server;
}

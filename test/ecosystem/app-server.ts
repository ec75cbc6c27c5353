import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { turnout, type WebSocketApp } from '@turnout/express';
import express, { type Express } from 'express';

export interface AppServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** An Express app with the routes that `addRoutes` adds, on a free port. */
export async function serveApp(addRoutes: (app: Express & WebSocketApp) => void): Promise<AppServer> {
  const app = turnout(express());
  addRoutes(app);
  const server: Server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      await app.close({ timeout: 1_000 });
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

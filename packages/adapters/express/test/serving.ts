import { createServer } from 'node:http';
import { listen, type Listening } from '@turnout/test-kit/listen';
import express from 'express';
import type { Express } from 'express';
import { attach, turnout } from '../src/index.ts';
import type { TurnoutOptions, WebSocketApp } from '../src/index.ts';

/** The tests run a second time with Express 4. */
export const isExpress4 = process.env['TURNOUT_EXPRESS'] === '4';

/** Matches any path, in the syntax of the Express version. */
export const anyPath = isExpress4 ? '/*' : '/{*rest}';

export type App = Express & WebSocketApp;

export interface Serving extends Listening {
  readonly app: App;
  /** The errors that the error hook received. */
  readonly errors: unknown[];
}

/** Serves an Express app on its own server until the test is over. */
export async function serve(setUp: (app: App) => void, options: TurnoutOptions = {}): Promise<Serving> {
  const errors: unknown[] = [];
  const app = turnout(express(), { onError: (error) => errors.push(error), ...options });
  // Otherwise Express prints each error that reaches its default handler.
  app.set('env', 'test');
  setUp(app);
  const server = createServer(app);
  attach(server, app);
  return { app, errors, ...(await listen(server)) };
}

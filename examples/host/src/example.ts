import type { WebSocketApp } from '@turnout/express';
import type { Express } from 'express';

/** An example's app, with what it holds open. */
export interface Example {
  readonly app: Express & WebSocketApp;
  /** Closes the database and the like; to be called last. */
  dispose(): void | Promise<void>;
}

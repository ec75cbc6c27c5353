import type { WebSocketApp } from '@turnout/express';
import type { Express } from 'express';

/** An example's app, and the resources that it holds open. */
export interface Example {
  readonly app: Express & WebSocketApp;
  /** Closes the database and similar resources; call it last. */
  dispose(): void | Promise<void>;
}

import type { Answer, DialOptions, OpenClient } from './open-client.ts';

/** Sends the requests of a test to one server. */
export interface Dialler {
  /** Opens a WebSocket, or returns the answer that refuses it. */
  readonly dial: (path: string, options?: DialOptions) => Promise<OpenClient | Answer>;
  readonly get: (path: string, headers?: Readonly<Record<string, string>>) => Promise<Answer>;
  /** Ends the connection that requests share, if they do. */
  readonly stop: () => void;
}

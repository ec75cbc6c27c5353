import { http1Dialler } from './http1-dialler.ts';
import { http2Dialler } from './http2-dialler.ts';
import type { Answer, DialOptions, OpenClient } from './open-client.ts';
import type { Transport } from './transports.ts';

/** Sends the requests of a test to one server. */
export interface Dialler {
  /** Opens a WebSocket, or gives the answer that refuses it. */
  readonly dial: (path: string, options?: DialOptions) => Promise<OpenClient | Answer>;
  readonly get: (path: string, headers?: Readonly<Record<string, string>>) => Promise<Answer>;
  /** Ends the connection that requests share, if they do. */
  readonly stop: () => void;
}

export function createDialler({ version, tls }: Transport, port: number): Dialler {
  return version === 1 ? http1Dialler(tls !== undefined, port) : http2Dialler(tls !== undefined, port);
}

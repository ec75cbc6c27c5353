import type { Dialler } from './dialler.ts';
import { http1Dialler } from './http1-dialler.ts';
import { http2Dialler } from './http2-dialler.ts';
import type { Transport } from './transports.ts';

export function createDialler({ version, tls }: Transport, port: number): Dialler {
  return version === 1 ? http1Dialler(tls !== undefined, port) : http2Dialler(tls !== undefined, port);
}

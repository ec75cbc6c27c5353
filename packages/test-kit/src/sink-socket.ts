import { Duplex } from 'node:stream';
import { WebSocket } from '@turnout/core';

/** A peer that takes all that it is sent, and says nothing. */
class Sink extends Duplex {
  override _read(): void {}

  override _write(_chunk: Buffer, _encoding: string, callback: () => void): void {
    callback();
  }
}

/** An accepted socket whose client costs nothing: for tests that need thousands. */
export function openSink(): WebSocket {
  return new WebSocket(new Sink(), { role: 'server', limits: { pingInterval: Infinity } });
}

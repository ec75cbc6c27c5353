import { Duplex } from 'node:stream';
import { WebSocket } from '@turnout/core';

/** A peer that accepts everything and sends nothing. */
class Sink extends Duplex {
  override _read(): void {}

  override _write(_chunk: Buffer, _encoding: string, callback: () => void): void {
    callback();
  }
}

/** An accepted socket with a client that costs nothing, for tests with thousands of sockets. */
export function openSink(): WebSocket {
  return new WebSocket(new Sink(), { role: 'server', limits: { pingInterval: Infinity } });
}

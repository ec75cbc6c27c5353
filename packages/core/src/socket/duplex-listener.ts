import type { Duplex } from 'node:stream';

/** Receives a Duplex's events. */
export interface DuplexListener {
  onData(chunk: Buffer): void;
  /** The other end has stopped sending. */
  onEnd(): void;
  /** The Duplex has closed, for whatever reason. */
  onClosed(): void;
}

const listening = Symbol('duplex listener');

interface ListenedDuplex extends Duplex {
  [listening]: DuplexListener;
}

/**
 * Passes the Duplex's events to `listener`. All Duplexes share these functions: four per Duplex would be a tenth of an
 * idle socket's memory. An error destroys the Duplex, so it is reported as its end.
 */
export function listenTo(duplex: Duplex, listener: DuplexListener): void {
  (duplex as ListenedDuplex)[listening] = listener;
  duplex.on('data', onData).on('end', onEnd).on('error', onError).on('close', onClose);
}

function onData(this: ListenedDuplex, chunk: Buffer): void {
  this[listening].onData(chunk);
}

function onEnd(this: ListenedDuplex): void {
  this[listening].onEnd();
}

function onError(this: ListenedDuplex): void {
  this.destroy();
}

function onClose(this: ListenedDuplex): void {
  this[listening].onClosed();
}

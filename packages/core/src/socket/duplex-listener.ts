import type { Duplex } from 'node:stream';

/** What is told of a Duplex's events. */
export interface DuplexListener {
  onData(chunk: Buffer): void;
  /** The other end sends no more. */
  onEnd(): void;
  /** The Duplex is gone, for whatever reason. */
  onClosed(): void;
}

const listening = Symbol('duplex listener');

interface ListenedDuplex extends Duplex {
  [listening]: DuplexListener;
}

/**
 * Tells `listener` of the Duplex's events. The functions are the same for all Duplexes: four for each would be a tenth
 * of what an idle socket takes. An error destroys the Duplex, and is told by that alone.
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

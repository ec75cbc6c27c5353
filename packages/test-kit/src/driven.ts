import { strictEqual } from 'node:assert';
import type { Connection, ConnectionEvent, Role } from '@turnout/core';
import { takeFrames } from './take-frames.ts';

/** An event as one line: strings are easier to compare and read than buffers. */
export function describeEvent(event: ConnectionEvent): string {
  switch (event.type) {
    case 'message':
      return `${event.isBinary ? 'binary' : 'text'} ${event.data.toString('latin1')}`;
    case 'ping':
    case 'pong':
      return `${event.type} ${event.data.toString('latin1')}`;
    case 'close':
      return 'close';
    case 'error':
      return `error ${event.error.closeCode} ${event.error.code}: ${event.error.message}`;
  }
}

/** Passes the chunks to the connection one by one and collects all events after each. */
export function drive(connection: Connection, chunks: readonly Uint8Array[]): string[] {
  const events: string[] = [];
  for (const chunk of chunks) {
    connection.receive(Buffer.from(chunk));
    for (let event = connection.next(); event !== null; event = connection.next()) events.push(describeEvent(event));
  }
  return events;
}

/** The frames that a connection of this role has written, unmasked: `<first byte in hex> <payload>` each. */
export function framesWritten(role: Role, output: readonly Uint8Array[]): string[] {
  const { frames, rest } = takeFrames(Buffer.concat(output));
  strictEqual(rest.length, 0, 'Bytes after the last frame');
  return frames.map(({ first, isMasked, payload }) => {
    strictEqual(isMasked, role === 'client', 'Whether a frame is masked');
    return `${first.toString(16).padStart(2, '0')} ${payload.toString('latin1')}`;
  });
}

import type { Role } from '../../src/role.ts';
import { FrameParser } from '../../src/frame/frame-parser.ts';
import type { ConnectionEvent } from '../../src/protocol/connection-event.ts';
import type { Connection } from '../../src/protocol/connection.ts';
import { otherRole } from '../frame/raw-frame.ts';

/** An event as one line: strings compare, and read, better than buffers. */
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

/** Gives the chunks to the connection one by one and pulls all events after each. */
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
  const parser = new FrameParser({ role: otherRole(role), allowsRsv1: false });
  parser.push(Buffer.concat(output));
  const frames: string[] = [];
  for (let part = parser.next(); part !== null; part = parser.next()) {
    const first = (part.fin ? 0x80 : 0) | part.opcode;
    frames.push(`${first.toString(16).padStart(2, '0')} ${part.payload.toString('latin1')}`);
  }
  return frames;
}

import { accept, type AcceptOptions } from '@turnout/core';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { WebSocketServer, type ServerOptions, type WebSocket } from 'ws';
import { RawPeer } from '@turnout/test-kit/raw-peer';

/** The stage of a script: a server's socket, and a raw client. */
export interface Stage {
  readonly socket: WebSocket;
  readonly peer: RawPeer;
  /** Writes a line of the transcript. */
  readonly note: (...values: unknown[]) => void;
  /** Resolves once the socket has closed. */
  readonly closed: Promise<void>;
  /** Runs everything that is due. */
  readonly settle: () => Promise<void>;
  /** Records the next frames that the peer receives. */
  readonly noteFrames: (count: number) => Promise<void>;
}

export interface StageOptions {
  readonly ws?: ServerOptions;
  readonly turnout?: AcceptOptions;
  /** Header lines of the handshake. */
  readonly headers?: readonly string[];
}

export type Implementation = 'ws' | 'turnout';

/** Plays a script on one implementation, and returns its transcript. */
export async function play(
  implementation: Implementation,
  script: (stage: Stage) => unknown,
  { ws, turnout, headers = [] }: StageOptions = {},
): Promise<string[]> {
  const server = createServer();
  const sockets = new WebSocketServer({ noServer: true, ...ws });
  const opened = new Promise<WebSocket>((resolve) => {
    server.on('upgrade', (request: IncomingMessage, duplex: Duplex, head: Buffer) => {
      if (implementation === 'ws') return sockets.handleUpgrade(request, duplex, head, resolve);
      return resolve(accept({ request, duplex, head }, { onError: () => {}, ...turnout }) as unknown as WebSocket);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const dialling = RawPeer.open((server.address() as AddressInfo).port, { headers });
  const transcript: string[] = [];
  try {
    const socket = await opened;
    const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
    const note = (...values: unknown[]): void => void transcript.push(values.map(describe).join(' '));
    const peer = await dialling;
    await script({
      socket,
      peer,
      note,
      closed,
      settle: async () => {
        for (let turns = 0; turns < 20; turns++) await setImmediate();
      },
      noteFrames: async (count) => {
        for (let index = 0; index < count; index++) note(describeFrame(await peer.next()));
      },
    });
    const noted = [...transcript];
    socket.terminate();
    peer.destroy();
    return noted;
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const frameNames: Record<number, string> = {
  0: 'continuation',
  1: 'text',
  2: 'binary',
  8: 'close',
  9: 'ping',
  10: 'pong',
};

function describeFrame(frame: { readonly opcode: number; readonly payload: Buffer } | null): string {
  return frame === null ? 'the end' : `${frameNames[frame.opcode]} frame ${frame.payload.toString('hex')}`;
}

function describe(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Buffer.isBuffer(value)) return `Buffer(${value.toString('hex')})`;
  if (value instanceof ArrayBuffer) return `ArrayBuffer(${Buffer.from(value).toString('hex')})`;
  if (value instanceof Blob) return `Blob(${value.size})`;
  if (value instanceof Error) return value.name;
  if (Array.isArray(value)) return `[${value.map(describe).join(', ')}]`;
  return String(value);
}

import type { WebSocket } from '@turnout/core';
import { expect } from 'vitest';

/**
 * The same messages as the programs in `programs` send, three times: a short text, an empty one, a long one, code
 * points, bytes.
 */
const messages: readonly (string | Buffer)[] = [
  'short',
  '',
  '0123456789'.repeat(7_000),
  'grüße 👋 𝄞',
  Buffer.from(Array.from({ length: 100_000 }, (_, index) => index % 251)),
];

/** Sends each of them, bytes in fragments of 4,096, and expects its echo before the next. */
export async function expectEchoes(socket: WebSocket, { withEmpty }: { readonly withEmpty: boolean }): Promise<void> {
  for (let round = 0; round < 3; round++) {
    for (const message of messages) {
      if (message === '' && !withEmpty) continue;
      sendInFragments(socket, message);
      const echo = await socket.receive();
      expect(typeof echo).toBe(typeof message);
      expect(Buffer.from(echo!).equals(Buffer.from(message))).toBe(true);
    }
  }
}

function sendInFragments(socket: WebSocket, message: string | Buffer): void {
  if (typeof message === 'string') return void socket.send(message);
  for (let start = 0; start < message.length; start += 4_096) {
    socket.send(message.subarray(start, start + 4_096), { fin: start + 4_096 >= message.length });
  }
}

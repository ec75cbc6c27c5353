import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { WebSocket } from '@turnout/core';
import { expect, test } from 'vitest';
import { createPipe, settle } from './socket-pair.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** A binary frame with the masking key 0. */
function longFrame(payloadLength: number): Buffer {
  const header = Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  header.writeUInt32BE(payloadLength, 6);
  return Buffer.concat([header, Buffer.alloc(payloadLength)]);
}

// Memory that an open socket still refers to moves to V8's old generation: echoing messages of 1 MiB would take twice
// as long.
test('an open socket does not keep the memory of a message that arrived in parts and was handled', async () => {
  const [serverEnd, clientEnd] = createPipe();
  const server = new WebSocket(serverEnd, { role: 'server' });
  let memory: WeakRef<ArrayBufferLike> | undefined;
  server.on('message', (data) => {
    memory = new WeakRef(data.buffer);
  });
  const frame = longFrame(256 * 1024);
  clientEnd.write(frame.subarray(0, 100_000));
  await settle();
  clientEnd.write(frame.subarray(100_000));
  await settle();
  expect(memory).toBeDefined();
  collectGarbage();
  expect(memory?.deref()).toBeUndefined();
  server.terminate();
});

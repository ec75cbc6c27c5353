import { openAsBlob } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createPair, settle, TestServer } from './socket-pair.ts';

/** A Blob of a file that has changed since, so that it can no longer be read. */
async function createBrokenBlob(): Promise<Blob> {
  const folder = await mkdtemp(join(tmpdir(), 'blob-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, 'file');
  await writeFile(path, 'before');
  const blob = await openAsBlob(path);
  await writeFile(path, 'changed since');
  return blob;
}

test('a Blob is sent as a binary message, before all later messages', async () => {
  const { server, client } = createPair();
  const sent: string[] = [];
  server.send('first');
  server.send(new Blob(['sec', 'ond']), () => sent.push('second'));
  server.send('third', () => sent.push('third'));
  server.send(new Blob([]));
  server.send(new Blob(['text']), { binary: false });
  const received = [];
  for (let count = 0; count < 5; count++) received.push(await client.receive());
  expect(received).toEqual(['first', Buffer.from('second'), 'third', Buffer.alloc(0), 'text']);
  expect(sent).toEqual(['second', 'third']);
});

test('a Blob may be a fragment, and a client may send one', async () => {
  const { server, client } = createPair();
  client.send('a', { fin: false });
  client.send(new Blob(['b']), { fin: false });
  client.send('c');
  expect(await server.receive()).toBe('abc');
});

test('a Blob is sent uncompressed between messages that are compressed with a kept window', async () => {
  const text = 'compressible '.repeat(200);
  const deflate = { serverNoContextTakeover: false, threshold: 0 };
  const server = await new TestServer({ perMessageDeflate: deflate }).listen();
  onTestFinished(() => server.stop());
  const { server: socket, client } = await server.open({ perMessageDeflate: deflate });
  socket.send(text);
  socket.send(new Blob([text]));
  socket.send(text);
  expect(await client.receive()).toBe(text);
  expect(await client.receive()).toEqual(Buffer.from(text));
  expect(await client.receive()).toBe(text);
});

test('a Blob that is sent before close() arrives before the Close frame', async () => {
  const { server, client } = createPair();
  server.send(new Blob(['last']));
  server.close(1000);
  expect(await client.receive()).toEqual(Buffer.from('last'));
  expect((await client.closed).code).toBe(1000);
  expect(server.send(new Blob(['late']))).toBe(false);
});

test('a Blob that cannot be read is reported, and no later message arrives', async () => {
  const reports: unknown[] = [];
  const { server, serverEnd } = createPair({ onError: (error) => reports.push(error) });
  const blob = await createBrokenBlob();
  const sent = new Promise((resolve) => server.send(blob, resolve));
  server.send('after it');
  expect(await sent).toBeInstanceOf(Error);
  expect(reports).toHaveLength(1);
  expect((await server.closed).code).toBe(1006);
  expect(serverEnd.writes).toEqual([]);
});

test('a Blob sent as text that is not UTF-8 is never sent', async () => {
  const reports: unknown[] = [];
  const { server, serverEnd } = createPair({ onError: (error) => reports.push(error) });
  server.send(new Blob([Buffer.of(0xff)]), { binary: false });
  await server.closed;
  expect(serverEnd.writes).toEqual([]);
  expect(reports).toMatchObject([{ message: 'Invalid text message: expected UTF-8' }]);
});

test('the callback of a Blob that is still being read when the connection ends receives an error', async () => {
  const { server } = createPair();
  const sent = new Promise((resolve) => server.send(new Blob(['x']), resolve));
  server.terminate();
  expect(await sent).toBeInstanceOf(Error);
  await settle();
});

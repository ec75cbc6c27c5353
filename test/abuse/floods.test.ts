import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { AbusedServer } from './abused-server.ts';
import { clientFrame, repeated } from '@turnout/test-kit/client-frame';
import { RawPeer } from '@turnout/test-kit/raw-peer';
import { scaled } from './scale.ts';

let server: AbusedServer;
beforeAll(async () => {
  server = await AbusedServer.start({
    routes: {
      '/sink': { behaviour: 'sink' },
      '/one-by-one': { behaviour: 'oneByOne' },
      '/late': { behaviour: 'late' },
    },
  });
});
afterEach(async () => {
  await server.expectNothingLeft();
  await server.child.call('shutGate');
});
afterAll(() => server.stop());

test('a client that sends 3,000,000 empty messages as fast as it can does not starve others', async () => {
  const count = scaled(200_000, 3_000_000);
  const peer = await RawPeer.open(server.port, { target: '/sink' });
  const empty = repeated(clientFrame({ opcode: 'text' }), 10_000);
  let sent = 0;
  let echoes = 0;
  // The flood does not end before the bystander has received all its echoes: each of them arrived during it.
  const flood = async (): Promise<void> => {
    while (sent < count || echoes < 20) {
      await peer.write(empty);
      sent += 10_000;
    }
  };
  const bystander = async (): Promise<void> => {
    for (; echoes < 20; echoes++) await server.expectAlive();
  };
  await Promise.all([flood(), bystander()]);
  await peer.expectOpen();
  expect((await server.record('/sink')).received).toBe(sent);
  peer.destroy();
});

test('a slow handler is not run concurrently, and the client is held back: 10,000 messages in order', async () => {
  const peer = await RawPeer.open(server.port, { target: '/one-by-one' });
  const filler = ' '.repeat(100);
  const messages = Array.from({ length: 10_000 }, (_, index) =>
    clientFrame({ opcode: 'text', payload: `${index}${filler}` }),
  );
  const bytes = Buffer.concat(messages);
  void peer.write(bytes);
  // It has stopped reading once the count no longer changes during an echo of the bystander.
  let [before, after] = [-1, 0];
  while (before !== after || after === 0) {
    before = after;
    await server.expectAlive();
    [after = 0] = await server.child.call<number[]>('bytesRead', '/one-by-one');
  }
  // One in the handler, 16 unread, and the rest of their last read.
  expect(after).toBeLessThan(256 * 1024);
  expect(after).toBeLessThan(bytes.length / 4);
  expect(await server.record('/one-by-one')).toMatchObject({ received: 0, mostAtOnce: 1 });
  expect((await server.gauges()).pending).toBe(1);
  await server.child.call('openGate');
  await peer.expectOpen();
  while ((await server.record('/one-by-one')).received < 10_000);
  expect(await server.record('/one-by-one')).toMatchObject({ received: 10_000, mostAtOnce: 1, isInOrder: true });
  peer.destroy();
});

test('messages that arrive before the handler is ready wait for it, and are delivered once, in order', async () => {
  const texts = Array.from({ length: 500 }, (_, index) => `message ${index} ${'x'.repeat(index)}`);
  const early = Buffer.concat(texts.slice(0, 10).map((payload) => clientFrame({ opcode: 'text', payload })));
  const peer = await RawPeer.open(server.port, { target: '/late', early });
  void peer.write(Buffer.concat(texts.slice(10).map((payload) => clientFrame({ opcode: 'text', payload }))));
  await server.expectAlive();
  expect([(await server.gauges()).pending, peer.frames]).toEqual([1, []]);
  await server.child.call('openGate');
  for (const text of texts) expect((await peer.next())?.payload.toString()).toBe(text);
  await peer.expectOpen();
  peer.destroy();
});

import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import type { Memory } from './child/measurements.ts';
import type { BroadcastSettings } from './child/turnout-server.ts';
import { inMebibytes, printFigure } from './figures.ts';
import { formatHandshake } from '@turnout/test-kit/raw-client';
import { RawPeer } from '@turnout/test-kit/raw-peer';
import { scaled } from './scale.ts';
import { startForTest, startWsForTest } from './start-for-test.ts';

const mebibyte = 1024 * 1024;
const length = 16 * 1024;

/** The amount that the server sends: more than any system buffers. */
const count = scaled(60, 200) * (mebibyte / length);

/** The limit of unsent bytes for all together, when one of them accepts nothing. */
const budget = 8 * mebibyte;

test('only a client that never reads is closed when too much is unsent, and the others lose nothing', async () => {
  const server = await startForTest({
    app: { maxTotalBufferedAmount: budget },
    routes: { '/reader': { behaviour: 'sink' }, '/deaf': { behaviour: 'sink' } },
  });
  const readers = await RawPeer.openMany(server.port, 8, { target: '/reader' });
  const deaf = await RawPeer.open(server.port, { target: '/deaf', isDeaf: true });
  // A first run, so that one-time growth is over.
  const warmUp: BroadcastSettings = { path: '/reader', others: '', count: 64, length };
  await server.child.call('broadcast', warmUp);
  await server.child.call('startPeak');
  const before = await server.memory();
  const settings: BroadcastSettings = { path: '/reader', others: '/deaf', count: count / 2, length };
  const mostBuffered = await server.child.call<number>('broadcast', settings);
  await server.expectAlive();
  await server.child.call('broadcast', settings);
  expect(await server.endingsAt('/deaf')).toMatchObject([{ code: 1013 }]);
  for (const reader of readers) {
    await reader.expectOpenBehind(count + 64);
    reader.destroy();
  }
  const after = await server.memory();
  printFigure(`${inMebibytes(count * length)} sent to one that does not read`, {
    'Turnout, waiting at most': inMebibytes(mostBuffered),
    'RSS at most': inMebibytes(after.peak - before.rss),
    'ws 8.23, held': await heldByWs(),
  });
  // It is checked once per turn, in which a busy machine sends more than an idle one.
  expect(mostBuffered).toBeLessThan(budget + 4 * mebibyte);
  // It includes the readers' share, and uncollected garbage.
  expect(after.peak - before.rss).toBeLessThan(32 * mebibyte + budget);
  expect(after.held - before.held).toBeLessThan(mebibyte);
  deaf.destroy();
  await server.expectNothingLeft();
});

async function heldByWs(): Promise<string> {
  const child = await startWsForTest();
  const deaf = await RawPeer.open(child.port, { target: '/sink', isDeaf: true });
  onTestFinished(() => deaf.destroy());
  const before = await child.call<Memory>('memory');
  await child.call('broadcast', { count, length });
  const after = await child.call<Memory>('memory');
  return inMebibytes(after.held - before.held);
}

test('a client that never reads is closed with 1013 after sendTimeout, however little is unsent', async () => {
  const server = await startForTest({ routes: { '/deaf': { behaviour: 'fill', sendTimeout: 300 } } });
  const deaf = await RawPeer.open(server.port, { target: '/deaf', isDeaf: true });
  expect(await server.endingsAt('/deaf')).toMatchObject([
    { code: 1013, reason: 'Slow peer: accepted nothing for sendTimeout 300 ms' },
  ]);
  deaf.destroy();
  await server.expectNothingLeft();
});

test('a client that reads only one byte from time to time is also closed with 1013', async () => {
  const server = await startForTest({ routes: { '/slow': { behaviour: 'fill', sendTimeout: 300 } } });
  const before = await server.memory();
  const byte = Buffer.alloc(1);
  let read = 0;
  const slow = connect({
    port: server.port,
    host: '127.0.0.1',
    onread: {
      buffer: byte,
      callback: () => {
        read++;
        setTimeout(() => slow.resume(), 1);
        return false;
      },
    },
  });
  slow.on('error', () => {});
  slow.write(formatHandshake({ target: '/slow' }));
  const endings = await server.endingsAt('/slow');
  expect(endings).toMatchObject([{ path: '/slow', code: 1013 }]);
  expect(read).toBeGreaterThan(1);
  slow.destroy();
  await server.expectNothingLeft();
  expect((await server.memory()).held - before.held).toBeLessThan(mebibyte);
});

test('many clients that read too little never cost more than maxTotalBufferedAmount; the slowest is closed first', async () => {
  const budgetOfMany = scaled(8, 256) * mebibyte;
  const server = await startForTest({
    // Only the budget: how much the system buffers for each of them varies.
    app: { maxTotalBufferedAmount: budgetOfMany, maxBufferedAmount: Infinity, sendTimeout: Infinity },
    routes: { '/slow': { behaviour: 'sink' }, '/slowest': { behaviour: 'sink' } },
  });
  const deaf = await RawPeer.openMany(server.port, scaled(24, 1_000), { target: '/slow', isDeaf: true });
  deaf.push(await RawPeer.open(server.port, { target: '/slowest', isDeaf: true }));
  const sendTo = (path: string): Promise<void> => server.child.call('sendAll', { path, count: 1, length });
  const bufferedAt = async (path: string): Promise<number> =>
    (await server.child.call<number[]>('buffered', path)).reduce((sum, bytes) => sum + bytes, 0);
  while ((await bufferedAt('/slowest')) < budgetOfMany / 2) await sendTo('/slowest');
  let endings = await server.endings();
  while (endings.length === 0) {
    await sendTo('/slow');
    endings = await server.endings();
  }
  expect(endings[0]).toMatchObject({ path: '/slowest', code: 1013 });
  expect(endings[0]!.reason).toContain(`over maxTotalBufferedAmount ${budgetOfMany}`);
  for (let times = 0; times < 50; times++) {
    await sendTo('/slow');
    expect(await bufferedAt('/slow')).toBeLessThanOrEqual(budgetOfMany);
    await server.expectAlive();
  }
  for (const peer of deaf) peer.destroy();
  await server.expectNothingLeft();
});

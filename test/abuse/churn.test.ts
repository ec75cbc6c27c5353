import type { Socket } from 'node:net';
import { expect, test } from 'vitest';
import type { AbusedServer } from './abused-server.ts';
import { clientFrame, closeFrame } from '@turnout/test-kit/client-frame';
import { inMebibytes, printFigure } from './figures.ts';
import { dialTcp, formatHandshake } from '@turnout/test-kit/raw-client';
import { RawPeer } from '@turnout/test-kit/raw-peer';
import { isLong, scaled } from './scale.ts';
import { startForTest } from './start-for-test.ts';

const mebibyte = 1024 * 1024;

/** How a client disconnects, each at a different moment. */
const departures: ((tcp: Socket) => void)[] = [
  (tcp) => {
    tcp.end();
  },
  (tcp) => {
    tcp.resetAndDestroy();
  },
  (tcp) => {
    tcp.end(formatHandshake({ target: '/echo' }).slice(0, 40));
  },
  (tcp) => {
    tcp.end(formatHandshake({ target: '/echo' }));
  },
  (tcp) => {
    tcp.write(formatHandshake({ target: '/echo' }), () => tcp.resetAndDestroy());
  },
  (tcp) => {
    tcp.end(Buffer.concat([Buffer.from(formatHandshake({ target: '/echo' })), closeFrame(1000)]));
  },
  (tcp) => {
    tcp.write(formatHandshake({ target: '/echo' }));
    tcp.once('data', () => tcp.resetAndDestroy());
  },
  (tcp) => {
    tcp.write(formatHandshake({ target: '/echo' }));
    tcp.once('data', () => tcp.end(closeFrame(1001)));
  },
];

async function comeAndGo(server: AbusedServer, count: number): Promise<void> {
  const gone: Promise<void>[] = [];
  for (let index = 0; index < count; index++) {
    const tcp = await dialTcp(server.port);
    gone.push(new Promise((resolve) => tcp.on('close', () => resolve()).resume()));
    departures[index % departures.length]!(tcp);
  }
  await Promise.all(gone);
}

test(
  'clients that connect and disconnect immediately, at any moment and with a RST, leave nothing behind',
  { timeout: 180_000 },
  async () => {
    const server = await startForTest();
    // Until one-time growth is over: V8's own structures, and Node.js's pools.
    await comeAndGo(server, scaled(1_600, 8_000));
    await server.expectNothingLeft();
    const before = await server.ownMemory();
    const end = Date.now() + 60_000;
    do {
      await comeAndGo(server, 800);
      await server.expectAlive();
    } while (isLong && Date.now() < end);
    await server.expectNothingLeft();
    const after = await server.ownMemory();
    printFigure('clients that connect and disconnect', {
      'Turnout, held': inMebibytes(after.held - before.held),
      RSS: inMebibytes(after.rss - before.rss),
    });
    expect(after.held - before.held).toBeLessThan(mebibyte / 2);
    expect(after.rss - before.rss).toBeLessThan(8 * mebibyte);
  },
);

test('a process without free file descriptors serves its connections, and accepts new ones when it has some again', async () => {
  const server = await startForTest({ maxFiles: 256 });
  const existing = await RawPeer.open(server.port);
  const crowd = await Promise.all(Array.from({ length: 400 }, () => dialTcp(server.port)));
  for (const tcp of crowd) tcp.write(formatHandshake({ target: '/echo' }));
  for (let turn = 0; turn < 20; turn++) {
    await server.expectAlive();
    expect(await existing.echo('still here')).toBe('still here');
  }
  // There are no free file descriptors: some connections were not accepted.
  expect((await server.gauges()).sockets).toBeLessThan(256);
  for (const tcp of crowd) tcp.destroy();
  const next = await openAtLast(server);
  expect(await next.echo('here again')).toBe('here again');
  for (const peer of [existing, next]) peer.destroy();
  await server.expectNothingLeft();
});

/** Until the server has seen the others' end, it may refuse a connection. */
async function openAtLast(server: AbusedServer): Promise<RawPeer> {
  for (;;) {
    try {
      return await RawPeer.open(server.port);
    } catch {
      await server.expectAlive();
    }
  }
}

test(
  'after rounds of 8,000 clients that connect, send and disconnect, memory is back at its start',
  { timeout: 600_000 },
  async () => {
    const [rounds, count] = [scaled(6, 20), scaled(300, 8_000)];
    // The clients answer no Ping.
    const server = await startForTest({ app: { pingInterval: Infinity } });
    const sizes: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const peers: RawPeer[] = [];
      while (peers.length < count) peers.push(...(await RawPeer.openMany(server.port, 100)));
      await Promise.all(peers.map((peer) => peer.echo('hello')));
      for (const peer of peers) void peer.write(closeFrame(1000));
      await Promise.all(peers.map((peer) => peer.ended()));
      await server.expectNothingLeft();
      sizes.push((await server.ownMemory()).rss);
    }
    printFigure(`RSS after rounds of ${count}`, { Turnout: sizes.map(inMebibytes).join(', ') });
    expect(sizes.at(-1)!).toBeLessThan(1.1 * sizes[1]!);
  },
);

test(
  'hours of replacing a tenth of the sockets each minute do not increase memory',
  { timeout: 1_200_000 },
  async () => {
    const [count, cycles] = [scaled(100, 2_000), scaled(20, 1_000)];
    // The clients answer no Ping.
    const server = await startForTest({ app: { pingInterval: Infinity } });
    const peers = await RawPeer.openMany(server.port, count);
    const message = clientFrame({ opcode: 'text', payload: 'x'.repeat(200) });
    const held: number[] = [];
    for (let cycle = 0; cycle < cycles; cycle++) {
      for (const peer of peers.splice(0, count / 10)) {
        if (cycle % 2 === 0) peer.reset();
        else void peer.write(closeFrame(1000)).then(() => peer.destroy());
      }
      peers.push(...(await RawPeer.openMany(server.port, count / 10)));
      await Promise.all(
        peers.map(async (peer) => {
          await peer.write(message);
          await peer.next();
        }),
      );
      if (cycle % 5 === 0) held.push((await server.ownMemory()).held);
    }
    await server.expectAlive();
    const middle = held.length / 2;
    const growth = Math.min(...held.slice(middle)) - Math.min(...held.slice(0, middle));
    printFigure(`${cycles} cycles of ${count} sockets`, {
      'Turnout, held more in the second half': inMebibytes(growth),
    });
    expect(growth).toBeLessThan(mebibyte);
    for (const peer of peers) peer.destroy();
    await server.expectNothingLeft();
  },
);

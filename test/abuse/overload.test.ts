import { expect, test } from 'vitest';
import type { AbusedServer } from './abused-server.ts';
import { clientFrame, closeFrame } from '@turnout/test-kit/client-frame';
import { printFigure } from './figures.ts';
import { dialTcp, formatHandshake } from '@turnout/test-kit/raw-client';
import { RawPeer } from '@turnout/test-kit/raw-peer';
import { scaled } from './scale.ts';
import { startForTest } from './start-for-test.ts';

/** The whole answer of a server that refuses. */
async function answerTo(server: AbusedServer): Promise<string> {
  const tcp = await dialTcp(server.port);
  let answer = '';
  tcp.on('data', (chunk) => {
    answer += chunk.toString('latin1');
    if (answer.startsWith('HTTP/1.1 101')) tcp.resetAndDestroy();
  });
  tcp.write(formatHandshake({ target: '/echo' }));
  await new Promise((resolve) => tcp.once('close', resolve));
  return answer;
}

test('a process whose heap is nearly full refuses new upgrades with 503 and Retry-After, and keeps its connections', async () => {
  const server = await startForTest({ flags: ['--max-old-space-size=128'] });
  const existing = await RawPeer.open(server.port);
  expect(await answerTo(server)).toMatch(/^HTTP\/1\.1 101 /);
  await server.child.call('fillHeap', 0.93);
  // It checks its heap once a second.
  let answer = '';
  do answer = await answerTo(server);
  while (answer.startsWith('HTTP/1.1 101'));
  expect(answer).toMatch(/^HTTP\/1\.1 503 /);
  expect(answer).toMatch(/\r\nRetry-After: \d+\r\n/);
  expect(answer).toContain('maxMemoryPercent is 90');
  expect(await existing.echo('still here')).toBe('still here');
  await server.expectAlive();
  await server.child.call('emptyHeap');
  do answer = await answerTo(server);
  while (!answer.startsWith('HTTP/1.1 101'));
  existing.destroy();
  await server.expectNothingLeft();
});

test('8,000 clients that close at the same moment are all answered, and each is reported once', async () => {
  const count = scaled(800, 8_000);
  const server = await startForTest();
  const peers: RawPeer[] = [];
  while (peers.length < count) peers.push(...(await RawPeer.openMany(server.port, 100)));
  await server.child.call('startDelays');
  for (const peer of peers) void peer.write(closeFrame(1000));
  await server.expectAlive();
  expect(await Promise.all(peers.map((peer) => peer.closeCode()))).toEqual(Array(count).fill(1000));
  await Promise.all(peers.map((peer) => peer.ended()));
  const endings = await server.endingsAt('/echo', count);
  expect(endings.map(({ code }) => code)).toEqual(Array(count).fill(1000));
  printFigure(`${count} clients that close at once`, {
    'Turnout, event loop late by': `${(await server.child.call<number>('longestDelay')).toFixed(0)} ms at most`,
  });
  await server.expectNothingLeft();
});

test('setting the clock an hour forward or back ends nothing early or late', async () => {
  const hour = 3_600_000;
  const server = await startForTest({
    routes: {
      '/stubborn': { behaviour: 'closeAtOnce', closeTimeout: 300 },
      '/kept': { behaviour: 'echo', pingInterval: 200, pongTimeout: 200 },
    },
  });
  for (const jump of [hour, -2 * hour, hour]) {
    const kept = await RawPeer.open(server.port, { target: '/kept' });
    const stubborn = await RawPeer.open(server.port, { target: '/stubborn' });
    const pending = await dialTcp(server.port);
    let answer = '';
    pending.on('data', (chunk) => (answer += chunk.toString('latin1')));
    pending.write(formatHandshake({ target: '/pending' }));
    while ((await server.gauges()).pending === 0);
    await server.child.call('jump', jump);
    for (let count = 0; count < 10; count++) {
      await server.expectAlive();
      expect(await kept.echoPastPings('still here')).toBe('still here');
    }
    // Not early: the upgrade has nearly all of its 10 s left.
    expect([answer, pending.destroyed]).toEqual(['', false]);
    // Not late: the connection whose peer does not answer is closed after a moment, not after an hour.
    await stubborn.ended();
    await server.child.call('openGate');
    while (!answer.includes('\r\n\r\n')) await server.expectAlive();
    expect(answer).toMatch(/^HTTP\/1\.1 101 /);
    await server.child.call('shutGate');
    for (const duplex of [kept, pending]) duplex.destroy();
    await server.expectNothingLeft();
  }
});

test('a process ends by itself once its app and its server are closed, whatever was in progress', async () => {
  const server = await startForTest({
    app: { perMessageDeflate: true, closeTimeout: 500 },
    routes: { '/fill': { behaviour: 'fill' }, '/stubborn': { behaviour: 'closeAtOnce' } },
  });
  const peers = [
    await RawPeer.open(server.port),
    await RawPeer.open(server.port, { target: '/fill', isDeaf: true }),
    await RawPeer.open(server.port, { target: '/stubborn' }),
  ];
  await peers[0]!.write(clientFrame({ opcode: 'text', payload: 'half', announced: 100 }));
  const pending = await dialTcp(server.port);
  pending.write(formatHandshake({ target: '/pending' }));
  while ((await server.gauges()).pending === 0);
  await server.expectAlive();
  await server.child.call('leave');
  expect(await server.child.exit).toBe(0);
  for (const duplex of [...peers, pending]) duplex.destroy();
});

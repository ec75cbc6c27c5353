import { onTestFinished, expect, test } from 'vitest';
import type { AbusedServer } from './abused-server.ts';
import type { ChildServer } from './child-process.ts';
import type { Memory } from './child/measurements.ts';
import { clientFrame, repeated } from '@turnout/test-kit/client-frame';
import { inMebibytes, printFigure } from './figures.ts';
import { formatHandshake } from '@turnout/test-kit/raw-client';
import { RawPeer, deflateHeader } from '@turnout/test-kit/raw-peer';
import { scaled } from './scale.ts';
import { startForTest, startWsForTest } from './start-for-test.ts';

const mebibyte = 1024 * 1024;

const start1Byte = clientFrame({ opcode: 'binary', payload: 'x', fin: false });
const next1Byte = clientFrame({ opcode: 'continuation', payload: 'x', fin: false });
const nextEmpty = clientFrame({ opcode: 'continuation', fin: false });

test('200 connections with 16,383 fragments of one byte each cost little more than those bytes', async () => {
  const server = await startForTest({ routes: { '/any': { behaviour: 'echo' } } });
  const message = Buffer.concat([start1Byte, repeated(next1Byte, 16_382)]);
  const before = await pinFragments(server.child, message, '/any');
  const after = await server.memory();
  expect(await server.child.call('count', '/any')).toBe(200);
  printFigure('200 x 16,383 fragments, 22.9 MB', {
    Turnout: inMebibytes(after.rss - before.rss),
    'ws 8.23': inMebibytes(await growthOfWs(message)),
  });
  expect(after.rss - before.rss).toBeLessThan(32 * mebibyte);
  expect(after.held - before.held).toBeLessThan(200 * 32 * 1024 + mebibyte);
});

async function growthOfWs(message: Buffer): Promise<number> {
  const child = await startWsForTest();
  const before = await pinFragments(child, message, '/sink');
  return (await child.call<Memory>('memory')).rss - before.rss;
}

/** Lets 200 connections send it and wait for a Pong after it. Returns the memory before. */
async function pinFragments(child: ChildServer, message: Buffer, target: string): Promise<Memory> {
  const peers = await RawPeer.openMany(child.port, 200, { target });
  onTestFinished(() => peers.forEach((peer) => peer.destroy()));
  const before = await child.call<Memory>('memory');
  for (const peer of peers) await peer.write(message);
  await Promise.all(peers.map((peer) => peer.expectOpen()));
  return before;
}

test('a message of maxFragments is accepted, and one more fragment closes with 1008', async () => {
  const server = await startForTest({ routes: { '/echo': { behaviour: 'echo', maxFragments: 1024 } } });
  const [before, peer] = [await server.memory(), await RawPeer.open(server.port)];
  await peer.write(Buffer.concat([start1Byte, repeated(next1Byte, 1_023)]));
  await peer.expectOpen();
  await server.expectAlive();
  expect(await peer.verdictOn(next1Byte)).toBe(1008);
  // Clients that never stop are not read any further.
  const peers = await RawPeer.openMany(server.port, 200);
  const flood = Buffer.concat([start1Byte, repeated(next1Byte, 16_382)]);
  expect(await Promise.all(peers.map((flooder) => flooder.verdictOn(flood)))).toEqual(Array(200).fill(1008));
  await server.expectNothingLeft();
  expect((await server.memory()).rss - before.rss).toBeLessThan(32 * mebibyte);
});

async function sendMillionEmpty(server: AbusedServer, peer: RawPeer): Promise<void> {
  await peer.write(repeated(nextEmpty, 500_000));
  await server.expectAlive();
  await peer.write(repeated(nextEmpty, 500_000));
  await peer.expectOpen();
}

test('a million empty fragments close with 1008 at the 17th, and cost nothing even if they are allowed', async () => {
  const allowed = { maxEmptyFragments: Infinity };
  const server = await startForTest({ routes: { '/any': { behaviour: 'echo', ...allowed } } });
  const peer = await RawPeer.open(server.port, { target: '/any' });
  await peer.write(Buffer.concat([clientFrame({ opcode: 'text', fin: false }), repeated(nextEmpty, 10_000)]));
  await peer.expectOpen();
  const growth = await server.growthBy(() => sendMillionEmpty(server, peer));
  printFigure('1,000,000 empty fragments', { 'Turnout, held': inMebibytes(growth.held) });
  expect(growth.held).toBeLessThan(mebibyte);
  expect(growth.rss).toBeLessThan(8 * mebibyte);
  peer.destroy();

  const refused = await RawPeer.open(server.port);
  await refused.write(Buffer.concat([clientFrame({ opcode: 'text', fin: false }), repeated(nextEmpty, 15)]));
  await refused.expectOpen();
  expect(await refused.verdictOn(nextEmpty)).toBe(1008);
  await server.expectNothingLeft();
});

test('a million empty fragments of a compressed message cost nothing either', async () => {
  const allowed = { maxEmptyFragments: Infinity, perMessageDeflate: true };
  const server = await startForTest({
    routes: { '/any': { behaviour: 'echo', ...allowed }, '/default': { behaviour: 'echo', perMessageDeflate: true } },
  });
  const first = clientFrame({ opcode: 'text', fin: false, rsv1: true });
  const peer = await RawPeer.open(server.port, { target: '/any', headers: [deflateHeader] });
  await peer.write(Buffer.concat([first, repeated(nextEmpty, 10_000)]));
  await peer.expectOpen();
  const growth = await server.growthBy(() => sendMillionEmpty(server, peer));
  printFigure('the same, compressed', { 'Turnout, held': inMebibytes(growth.held) });
  expect(growth.held).toBeLessThan(mebibyte);
  expect(growth.rss).toBeLessThan(8 * mebibyte);
  peer.destroy();

  const refused = await RawPeer.open(server.port, { target: '/default', headers: [deflateHeader] });
  expect(await refused.verdictOn(Buffer.concat([first, repeated(nextEmpty, 16)]))).toBe(1008);
  await server.expectNothingLeft();
});

test('500 frames of 1 MiB that arrive byte by byte cost 1.2 times the received bytes, and at most 8 KiB each', async () => {
  const length = scaled(64, 4_096);
  const server = await startForTest({});
  const peers = await RawPeer.openMany(server.port, 500);
  const header = clientFrame({ opcode: 'binary', announced: mebibyte });
  const handshake = formatHandshake({ target: '/echo' }).length;
  const growth = await server.growthBy(async () => {
    for (const peer of peers) await peer.write(header);
    const byte = Buffer.of(0);
    for (let sent = 0; sent < length; sent++) {
      // One byte of each in turn, so that the server reads each byte separately.
      await Promise.all(peers.map((peer) => peer.write(byte)));
      if (sent === length / 2) await server.expectAlive();
    }
    let read: number[] = [];
    do read = await server.child.call<number[]>('bytesRead', '/echo');
    while (read.reduce((sum, bytes) => sum + bytes, 0) < 500 * (handshake + header.length + length));
  });
  const allowed = 500 * (1.2 * length + 8 * 1024);
  printFigure(`500 x ${length} bytes, one by one`, {
    'Turnout, held': inMebibytes(growth.held),
    RSS: inMebibytes(growth.rss),
    allowed: inMebibytes(allowed),
  });
  expect(growth.held).toBeLessThan(allowed);
  expect(growth.rss).toBeLessThan(allowed + 8 * mebibyte);
  for (const peer of peers) peer.destroy();
  await server.expectNothingLeft();
});

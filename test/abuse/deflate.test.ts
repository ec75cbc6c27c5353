import { randomBytes } from 'node:crypto';
import { deflateRawSync, constants } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { AbusedServer } from './abused-server.ts';
import type { ChildServer } from './child-process.ts';
import type { Memory } from './child/measurements.ts';
import { clientFrame, opcodes } from '@turnout/test-kit/client-frame';
import { inMebibytes, printFigure } from './figures.ts';
import { RawPeer, deflateHeader } from '@turnout/test-kit/raw-peer';
import { isLong, scaled } from './scale.ts';
import { startForTest, startWsForTest } from './start-for-test.ts';

const mebibyte = 1024 * 1024;

/** The payload of a compressed message (RFC 7692 §7.2.1). */
function deflated(bytes: Buffer): Buffer {
  return deflateRawSync(bytes, { level: 9, finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
}

function compressedFrame(payload: Buffer): Buffer {
  return clientFrame({ opcode: 'binary', rsv1: true, payload });
}

async function sendBombs(child: ChildServer, peers: readonly RawPeer[], bomb: Buffer): Promise<Memory> {
  await child.call('startPeak');
  const before = await child.call<Memory>('memory');
  await Promise.all(peers.map((peer) => peer.write(bomb)));
  return before;
}

test('10 bombs of 99 MiB in 100 KB close with 1009 each, and never cost more than 16 MiB', async () => {
  const bomb = compressedFrame(deflated(Buffer.alloc(99 * mebibyte)));
  const server = await startForTest({ app: { perMessageDeflate: true } });
  const peers = await RawPeer.openMany(server.port, 10, { headers: [deflateHeader] });
  const before = await sendBombs(server.child, peers, bomb);
  await server.expectAlive();
  expect(await Promise.all(peers.map((peer) => peer.closeCode()))).toEqual(Array(10).fill(1009));
  await server.expectNothingLeft();
  const { peak, held } = await server.memory();
  const figure = inMebibytes(peak - before.rss);
  printFigure('bombs of 99 MiB, peak', { 'Turnout, 10': figure, ...(await peakOfWs(bomb)) });
  expect(peak - before.rss).toBeLessThan(16 * mebibyte);
  expect(held - before.held).toBeLessThan(mebibyte);
});

/** By default for only 2 bombs: `ws` needs 100 MiB for each, and temporarily more. */
async function peakOfWs(bomb: Buffer): Promise<Record<string, string>> {
  const count = isLong ? 10 : 2;
  const child = await startWsForTest({ perMessageDeflate: true });
  const peers = await RawPeer.openMany(child.port, count, { target: '/sink', headers: [deflateHeader] });
  onTestFinished(() => peers.forEach((peer) => peer.destroy()));
  const before = await sendBombs(child, peers, bomb);
  await Promise.all(peers.map((peer) => peer.expectOpen()));
  const { peak } = await child.call<Memory>('memory');
  return { [`ws 8.23, ${count}`]: inMebibytes(peak - before.rss) };
}

test('a message under maxPayload that is compressed 1000:1 is delivered, and over 16 MiB closes with 1009, unless maxRatio allows it', async () => {
  const maxPayload = 64 * mebibyte;
  const server = await startForTest({
    routes: {
      '/default': { behaviour: 'echo', perMessageDeflate: true },
      '/large': { behaviour: 'sink', maxPayload, perMessageDeflate: true },
      '/any': { behaviour: 'sink', maxPayload, perMessageDeflate: { maxRatio: Infinity } },
    },
  });
  const frame = compressedFrame(deflated(Buffer.alloc(1000 * 1024)));
  const headers = [deflateHeader];
  expect(frame.length).toBeLessThan(1100);
  const blank = await RawPeer.open(server.port, { target: '/default', headers });
  await blank.write(frame);
  expect((await blank.next())?.opcode).toBe(opcodes.binary);
  blank.destroy();
  const bomb = compressedFrame(deflated(Buffer.alloc(17 * mebibyte)));
  const refused = await RawPeer.open(server.port, { target: '/large', headers });
  expect(await refused.verdictOn(bomb)).toBe(1009);
  const peer = await RawPeer.open(server.port, { target: '/any', headers });
  await peer.write(bomb);
  await peer.expectOpen();
  peer.destroy();
  await server.expectNothingLeft();
});

test('messages of thousands of tiny final blocks close with 1008, and do not delay others', async () => {
  const server = await startForTest({ app: { perMessageDeflate: true } });
  const tiny = deflateRawSync(Buffer.alloc(0));
  for (const count of [300, 2_000, 500_000]) {
    const peers = await RawPeer.openMany(server.port, 10, { headers: [deflateHeader] });
    const frame = compressedFrame(Buffer.alloc(tiny.length * count, tiny));
    const verdicts = peers.map((peer) => peer.verdictOn(frame));
    await server.expectAlive();
    expect(await Promise.all(verdicts)).toEqual(Array(10).fill(1008));
  }
  await server.expectNothingLeft();
});

test('the window of a client costs as much as it has sent, at most its size', async () => {
  const server = await startForTest({ app: { perMessageDeflate: true } });
  const count = 200;
  const noise = randomBytes(40_000);
  const echoed = async (peer: RawPeer, message: Buffer): Promise<void> => {
    await peer.write(compressedFrame(deflated(message)));
    expect((await peer.next())?.payload.equals(message)).toBe(true);
  };
  const peers = await RawPeer.openMany(server.port, count, { headers: [deflateHeader] });
  const short = await server.growthBy(async () => {
    for (const peer of peers) await echoed(peer, noise.subarray(0, 100));
  });
  const long = await server.growthBy(async () => {
    for (const peer of peers) await echoed(peer, noise);
  });
  printFigure(`windows of ${count} clients`, { short: inMebibytes(short.held), long: inMebibytes(long.held) });
  expect(short.held).toBeLessThan(count * 4 * 1024 + mebibyte);
  expect(long.held).toBeLessThan(count * 36 * 1024 + mebibyte);
  for (const peer of peers) peer.destroy();
  await server.expectNothingLeft();
});

const hello = deflated(Buffer.from('hello'));
const finalBlock = deflateRawSync(Buffer.from('hello'));

/** A compressed message of a peer, and its outcome: the echo, or a close code. */
const oddMessages: [string, Buffer, string | number][] = [
  ['only the empty block of an empty message', Buffer.of(0x00), ''],
  ['a final block, followed by the octet 0x00', Buffer.concat([finalBlock, Buffer.of(0)]), 'hello'],
  ['two final blocks', Buffer.concat([finalBlock, finalBlock, Buffer.of(0)]), 'hellohello'],
  ['an ordinary block after a final one', Buffer.concat([finalBlock, hello]), 'hellohello'],
  ['no bytes at all', Buffer.alloc(0), ''],
  ['bytes that are not a block after a final one', Buffer.concat([finalBlock, Buffer.of(0xff)]), 1007],
  ['a truncated block', hello.subarray(0, -2), 1007],
  [
    'blocks without compression',
    Buffer.concat([Buffer.of(0, 5, 0, 0xfa, 0xff), Buffer.from('hello'), Buffer.of(0)]),
    'hello',
  ],
  ['bytes that are not a block', Buffer.of(0xff, 0xff, 0xff, 0xff), 1007],
  ['a block that refers to data before the window', Buffer.of(0x4b, 0x04, 0x22, 0x00, 0xff, 0x03), 1007],
  ['a block with an inconsistent length', Buffer.of(0, 5, 0, 0, 0, 1, 2, 3, 4, 5), 1007],
  ['a reserved kind of block', Buffer.of(0x07), 1007],
];

describe('by RFC 7692, a compressed message', () => {
  let server: AbusedServer;
  beforeAll(async () => {
    const takeover = { clientNoContextTakeover: false, serverNoContextTakeover: false };
    server = await AbusedServer.start({
      routes: {
        '/alone': { behaviour: 'echo', perMessageDeflate: { clientNoContextTakeover: true } },
        '/window': { behaviour: 'echo', perMessageDeflate: takeover },
      },
    });
  });
  afterEach(() => server.expectNothingLeft());
  afterAll(() => server.stop());

  describe.each(['/alone', '/window'])('at %s', (target) => {
    test.each(oddMessages)('of %s is delivered, or closes with 1007', async (_name, payload, outcome) => {
      const peer = await RawPeer.open(server.port, { target, headers: [deflateHeader] });
      const frame = compressedFrame(payload);
      if (typeof outcome === 'number') {
        expect(await peer.verdictOn(frame)).toBe(outcome);
        return;
      }
      // Twice, and then another one, which the first must not affect.
      for (const [bytes, expected] of [
        [frame, outcome],
        [frame, outcome],
        [compressedFrame(hello), 'hello'],
      ] as const) {
        await peer.write(bytes);
        expect((await peer.next())?.payload.toString()).toBe(expected);
      }
      peer.destroy();
    });
  });
});

test.each([
  ['independently', { clientNoContextTakeover: true }],
  ['in a window that is kept', { clientNoContextTakeover: false, serverNoContextTakeover: false }],
])(
  'broken messages, inflated %s, close with 1007 and leave no memory of zlib behind',
  async (_name, perMessageDeflate) => {
    const count = scaled(300, 10_000);
    const server = await startForTest({ app: { perMessageDeflate } });
    const broken = [compressedFrame(Buffer.of(0xff, 0xff)), compressedFrame(Buffer.alloc(6_000, 0xff))];
    const breakAll = async (times: number): Promise<void> => {
      for (let done = 0; done < times; done += 50) {
        const peers = await RawPeer.openMany(server.port, 50, { headers: [deflateHeader] });
        const verdicts = peers.map(async (peer, index) => {
          // Contexts are created at the first message.
          await peer.write(compressedFrame(hello));
          expect((await peer.next())?.payload.toString()).toBe('hello');
          return peer.verdictOn(broken[index % 2]!);
        });
        expect(await Promise.all(verdicts)).toEqual(Array(50).fill(1007));
      }
      await server.expectNothingLeft();
    };
    await breakAll(scaled(200, 2_000));
    const growth = await server.growthBy(() => breakAll(count));
    expect(growth.held).toBeLessThan(mebibyte);
    expect(growth.rss).toBeLessThan(16 * mebibyte);
  },
);

test.each([
  ['by itself', { clientNoContextTakeover: true }],
  ['in a window that is kept', { clientNoContextTakeover: false, serverNoContextTakeover: false }],
])('peers that disconnect while their message is inflated %s do not block others', async (_name, perMessageDeflate) => {
  const server = await startForTest({
    routes: { '/echo': { behaviour: 'echo', perMessageDeflate: { ...perMessageDeflate, concurrencyLimit: 2 } } },
  });
  const frame = compressedFrame(deflated(randomBytes(512 * 1024)));
  for (let round = 0; round < 10; round++) {
    const peers = await RawPeer.openMany(server.port, 5, { headers: [deflateHeader] });
    // The Close frame after the message is read once that is inflated; the RST arrives at any time.
    await Promise.all(peers.map((peer) => peer.write(frame)));
    for (const peer of peers) peer.reset();
  }
  const peer = await RawPeer.open(server.port, { headers: [deflateHeader] });
  await peer.write(frame);
  expect((await peer.next())?.opcode).toBe(opcodes.binary);
  peer.destroy();
  await server.expectNothingLeft();
});

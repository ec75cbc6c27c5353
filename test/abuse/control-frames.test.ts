import { expect, test } from 'vitest';
import { clientFrame, opcodes, repeated } from './client-frame.ts';
import { inMebibytes, printFigure } from './figures.ts';
import { handshakeText, RawPeer } from './raw-peer.ts';
import { scaled } from './scale.ts';
import { startForTest } from './start-for-test.ts';

const mebibyte = 1024 * 1024;

/** No limit for control frames, so that what they cost shows. */
const unlimited = { maxControlFrames: Infinity };

/** The size of its last read is what a connection is left with: it is not what grows. */
const warmUp = 20_000;

test('a client that pings 300,000 times and reads nothing has one Pong waiting, and costs nothing more (71)', async () => {
  const count = scaled(100_000, 300_000);
  // It is sent until the system has no more room for it, so that no Pong can leave.
  const server = await startForTest({ routes: { '/any': { behaviour: 'fill', ...unlimited } } });
  const peer = await RawPeer.open(server.port, { target: '/any', isDeaf: true });
  const ping = clientFrame({ opcode: 'ping', payload: 'p'.repeat(125) });
  const handshake = handshakeText({ target: '/any' });
  let sent = handshake.length;
  const sendAll = async (times: number): Promise<void> => {
    await peer.write(repeated(ping, times));
    sent += times * ping.length;
    let read = 0;
    do [read = Infinity] = await server.child.call<number[]>('bytesRead', '/any');
    while (read < sent);
  };
  let filled = 0;
  do [filled = 0] = await server.child.call<number[]>('buffered', '/any');
  while (filled === 0);
  await sendAll(warmUp);
  const [waiting = 0] = await server.child.call<number[]>('buffered', '/any');
  const growth = await server.growthBy(async () => {
    await sendAll(count / 2);
    await server.expectAlive();
    await sendAll(count / 2);
  });
  printFigure(`71: ${count} Pings of 125 bytes, unread`, {
    'Turnout, held': inMebibytes(growth.held),
    RSS: inMebibytes(growth.rss),
  });
  expect(await server.child.call('buffered', '/any')).toEqual([waiting]);
  expect(growth.held).toBeLessThan(mebibyte / 4);
  // The system gives V8 memory in steps, one of which has 4 MiB; what was sent has more than 12.
  expect(growth.rss).toBeLessThan(8 * mebibyte);
  // What the server had sent first, and one Pong.
  peer.resume();
  let pongs = 0;
  while (pongs === 0) if ((await peer.next())!.opcode === opcodes.pong) pongs++;
  await server.child.call('close', '/any');
  for (let frame = await peer.next(); frame?.opcode !== opcodes.close; frame = await peer.next()) {
    if (frame?.opcode === opcodes.pong) pongs++;
  }
  expect(pongs).toBe(1);
  peer.reset();
  await server.expectNothingLeft();
});

test('a client that pings without end is closed with 1008 (71)', async () => {
  const server = await startForTest();
  const peer = await RawPeer.open(server.port);
  expect(await peer.verdictOn(repeated(clientFrame({ opcode: 'ping' }), 1_000))).toBe(1008);
  // One that reads nothing too, whoever waits for whom.
  const deaf = await RawPeer.open(server.port, { isDeaf: true });
  void deaf.write(repeated(clientFrame({ opcode: 'ping', payload: 'p'.repeat(125) }), 10_000));
  const endings = await server.endingsAt('/echo', 2);
  expect(endings.map(({ code }) => code)).toEqual([1008, 1008]);
  deaf.destroy();
  await server.expectNothingLeft();
});

test('a client may answer and ask as often as any keepalive does: 50 Pings at once close nothing (71)', async () => {
  const server = await startForTest();
  const peer = await RawPeer.open(server.port);
  await peer.write(repeated(clientFrame({ opcode: 'ping' }), 25));
  expect(await peer.verdictOn(repeated(clientFrame({ opcode: 'pong' }), 20))).toBe('open');
  peer.destroy();
  await server.expectNothingLeft();
});

test('100,000 Pongs that nobody asked for are ignored, and cost nothing (72)', async () => {
  const server = await startForTest({ routes: { '/any': { behaviour: 'echo', ...unlimited } } });
  const peer = await RawPeer.open(server.port, { target: '/any' });
  const pong = clientFrame({ opcode: 'pong', payload: 'p'.repeat(125) });
  expect(await peer.verdictOn(repeated(pong, warmUp))).toBe('open');
  const growth = await server.growthBy(async () => {
    expect(await peer.verdictOn(repeated(pong, 50_000))).toBe('open');
    await server.expectAlive();
    expect(await peer.verdictOn(repeated(pong, 50_000))).toBe('open');
  });
  printFigure('72: 100,000 Pongs', { 'Turnout, held': inMebibytes(growth.held), RSS: inMebibytes(growth.rss) });
  expect(growth.held).toBeLessThan(mebibyte / 4);
  // The system gives V8 memory in steps, one of which has 4 MiB; what was sent has more than 12.
  expect(growth.rss).toBeLessThan(8 * mebibyte);
  expect(peer.frames).toEqual([]);
  peer.destroy();
  await server.expectNothingLeft();
});

import { expect, test } from 'vitest';
import { clientFrame, opcodes, repeated } from '@turnout/test-kit/client-frame';
import { inMebibytes, printFigure } from './figures.ts';
import { formatHandshake } from '@turnout/test-kit/raw-client';
import { RawPeer } from '@turnout/test-kit/raw-peer';
import { scaled } from './scale.ts';
import { startForTest } from './start-for-test.ts';

const mebibyte = 1024 * 1024;

/** A connection keeps memory of the size of its last read, which does not grow. */
const warmUp = 20_000;

test('a client that pings 300,000 times and reads nothing has one Pong waiting, and costs no more memory', async () => {
  const count = scaled(100_000, 300_000);
  // Data is sent until the system's buffer is full, so that no Pong can leave.
  const server = await startForTest({ routes: { '/any': { behaviour: 'fill', sendTimeout: Infinity } } });
  const peer = await RawPeer.open(server.port, { target: '/any', isDeaf: true });
  const ping = clientFrame({ opcode: 'ping', payload: 'p'.repeat(125) });
  const handshake = formatHandshake({ target: '/any' });
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
  printFigure(`${count} Pings of 125 bytes, unread`, {
    'Turnout, held': inMebibytes(growth.held),
    RSS: inMebibytes(growth.rss),
  });
  expect(await server.child.call('buffered', '/any')).toEqual([waiting]);
  expect(growth.held).toBeLessThan(mebibyte / 4);
  // The system allocates V8's memory in steps of 4 MiB; more than 12 were sent.
  expect(growth.rss).toBeLessThan(8 * mebibyte);
  // The server's earlier data, and one Pong.
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

test('a client that pings as fast as it can is answered as fast as it reads, and does not starve others', async () => {
  const server = await startForTest();
  const peer = await RawPeer.open(server.port);
  const pings = repeated(clientFrame({ opcode: 'ping', payload: 'p'.repeat(125) }), 1_000);
  const sent = 50_000;
  const flood = async (): Promise<void> => {
    for (let count = 0; count < sent; count += 1_000) await peer.write(pings);
  };
  const bystander = async (): Promise<void> => {
    for (let served = 0; served < 10; served++) await server.expectAlive();
  };
  await Promise.all([flood(), bystander()]);
  for (let pongs = 0; pongs < sent;) {
    const opcode = (await peer.next())?.opcode;
    // On a slow machine the server's own keepalive Pings arrive in between.
    expect([opcodes.pong, opcodes.ping]).toContain(opcode);
    if (opcode === opcodes.pong) pongs++;
  }
  await peer.expectOpen();
  peer.destroy();
  await server.expectNothingLeft();
});

test('a client that pings endlessly and reads nothing is closed with 1013 after sendTimeout', async () => {
  const server = await startForTest({ routes: { '/any': { behaviour: 'echo', sendTimeout: 300 } } });
  const deaf = await RawPeer.open(server.port, { target: '/any', isDeaf: true });
  const ping = repeated(clientFrame({ opcode: 'ping', payload: 'p'.repeat(125) }), 10_000);
  let isOpen = true;
  const flood = (async () => {
    while (isOpen) {
      await deaf.write(ping);
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  expect(await server.endingsAt('/any')).toMatchObject([{ code: 1013 }]);
  isOpen = false;
  deaf.destroy();
  await flood;
  await server.expectNothingLeft();
});

test('100,000 unsolicited Pongs are ignored, and cost no memory', async () => {
  const server = await startForTest({ routes: { '/any': { behaviour: 'echo' } } });
  const peer = await RawPeer.open(server.port, { target: '/any' });
  const pong = clientFrame({ opcode: 'pong', payload: 'p'.repeat(125) });
  expect(await peer.verdictOn(repeated(pong, warmUp))).toBe('open');
  const growth = await server.growthBy(async () => {
    expect(await peer.verdictOn(repeated(pong, 50_000))).toBe('open');
    await server.expectAlive();
    expect(await peer.verdictOn(repeated(pong, 50_000))).toBe('open');
  });
  printFigure('100,000 Pongs', { 'Turnout, held': inMebibytes(growth.held), RSS: inMebibytes(growth.rss) });
  expect(growth.held).toBeLessThan(mebibyte / 4);
  // The system allocates V8's memory in steps of 4 MiB; more than 12 were sent.
  expect(growth.rss).toBeLessThan(8 * mebibyte);
  expect(peer.frames).toEqual([]);
  peer.destroy();
  await server.expectNothingLeft();
});

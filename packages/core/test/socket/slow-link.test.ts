import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { unacknowledgedBytes } from '../../src/socket/system-queue.ts';
import { resolveLimits, type ConnectionLimits } from '../../src/limits.ts';
import { WebSocket } from '../../src/socket/websocket.ts';

const mebibyte = 2 ** 20;

/** A server's socket on a TCP connection, and its raw other end, which reads nothing yet. */
async function openPair(
  limits: Partial<ConnectionLimits> = {},
): Promise<{ socket: WebSocket; served: Socket; peer: Socket }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const peer = connect((server.address() as AddressInfo).port, '127.0.0.1');
  peer.pause();
  const [served] = (await once(server, 'connection')) as [Socket];
  const socket = new WebSocket(served, { role: 'server', limits: resolveLimits(limits) });
  onTestFinished(() => {
    peer.destroy();
    served.destroy();
    server.close();
  });
  return { socket, served, peer };
}

/** Reads this many bytes, and leaves the rest. */
async function take(peer: Socket, length: number): Promise<void> {
  for (let taken = 0; taken < length;) {
    const chunk = peer.read(Math.min(length - taken, peer.readableLength || 1)) as Buffer | null;
    if (chunk === null) await once(peer, 'readable');
    else taken += chunk.length;
  }
}

test('a peer that reads less than the system accepts at a time is not closed while it reads', async () => {
  const { socket, peer } = await openPair({ sendTimeout: 800 });
  for (let count = 0; count < 16; count++) socket.send(Buffer.alloc(mebibyte));
  // Several times sendTimeout, 20 KiB at a time: the system accepts hundreds of KiB at once.
  for (let step = 0; step < 80; step++) {
    await take(peer, 20 * 1_024);
    await delay(50);
  }
  expect(socket.readyState).toBe(WebSocket.OPEN);
  expect(socket.bufferedAmount).toBeGreaterThan(mebibyte);
  // Once it stops, it is slow.
  expect((await socket.closed).code).toBe(1013);
});

test('a peer that reads less than the system accepts at a time has the time to read what was sent before the Close', async () => {
  const { socket, peer } = await openPair({ closeTimeout: 800 });
  for (let count = 0; count < 16; count++) socket.send(Buffer.alloc(mebibyte));
  socket.close(1000);
  for (let step = 0; step < 80; step++) {
    await take(peer, 20 * 1_024);
    await delay(50);
  }
  expect(socket.readyState).toBe(WebSocket.CLOSING);
  expect(socket.bufferedAmount).toBeGreaterThan(mebibyte);
  // It stops: then it is cut off.
  expect((await socket.closed).code).toBe(1006);
});

test.runIf(process.platform === 'linux')('Linux reports what a peer has not acknowledged', async () => {
  const { served, peer } = await openPair();
  const { fd } = (served as unknown as { _handle: { fd: number } })._handle;
  expect(await unacknowledgedBytes(fd)).toBe(0);
  served.write(Buffer.alloc(16 * mebibyte));
  await expect.poll(() => unacknowledgedBytes(fd)).toBeGreaterThan(mebibyte / 4);
  peer.resume();
  await expect.poll(() => unacknowledgedBytes(fd)).toBe(0);
});

test('nothing is known of a file that does not exist', async () => {
  expect(await unacknowledgedBytes(1_000_000)).toBeUndefined();
});

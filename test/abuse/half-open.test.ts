import { deepStrictEqual as deepEqual } from 'node:assert';
import { afterEach, expect, onTestFinished, test } from 'vitest';
import type { AbusedServer } from './abused-server.ts';
import { BlackHole } from './black-hole.ts';
import { ChildServer } from './child-process.ts';
import type { BroadcastSettings } from './child/turnout-server.ts';
import { clientFrame, opcodes } from '@turnout/test-kit/client-frame';
import { RawPeer } from '@turnout/test-kit/raw-peer';
import { scaled } from './scale.ts';
import { startForTest } from './start-for-test.ts';

/** The default is 25 s and 10 s; nothing here depends on how long they are. */
const keepalive = { pingInterval: 100, pongTimeout: 100 };

let server: AbusedServer;

/** The keepalive is that of one route: the bystander, which answers no Ping, is served at another. */
async function start(behaviour: 'sink' | 'fill'): Promise<void> {
  server = await startForTest({
    app: { pingInterval: Infinity },
    routes: { '/kept': { behaviour, ...keepalive, sendTimeout: 2_000 } },
  });
}

afterEach(async () => {
  deepEqual(await server.endings(), []);
  await server.expectNothingLeft();
});

async function startClients(count: number): Promise<ChildServer> {
  const client = await ChildServer.start('turnout-client');
  onTestFinished(() => client.stop());
  await client.call('open', { url: `ws://127.0.0.1:${server.port}/kept`, count });
  return client;
}

/** The Pings that a client receives. */
async function untilPinged(peer: RawPeer, times: number): Promise<void> {
  for (let count = 0; count < times;) {
    const frame = await peer.next();
    if (frame === null || frame.opcode === opcodes.close) throw new Error(`Expected ${times} Pings, got the end`);
    if (frame.opcode === opcodes.ping) count++;
  }
}

test('a client whose TCP window stays closed is disconnected, however much is unsent', async () => {
  await start('fill');
  const peer = await RawPeer.open(server.port, { target: '/kept', isDeaf: true });
  await server.expectAlive();
  // The unsent bytes reveal it, not the Ping after them.
  expect(await server.endingsAt('/kept')).toMatchObject([{ code: 1013 }]);
  peer.destroy();
});

test('a client that is killed or stopped is disconnected with 1006, and the event loop is idle', async () => {
  await start('sink');
  const [killed, stopped] = [await startClients(2), await startClients(2)];
  expect(await server.child.call('count', '/kept')).toBe(4);
  killed.signal('SIGKILL');
  const reset = await server.endingsAt('/kept', 2);
  expect(reset.map(({ code }) => code)).toEqual([1006, 1006]);
  stopped.signal('SIGSTOP');
  await server.expectAlive();
  const silent = await server.endingsAt('/kept', 2);
  expect(silent.map(({ code }) => code)).toEqual([1006, 1006]);
  // A busy loop would turn tens of thousands of times, and never stop. V8 marks garbage in turns of the loop, sometimes
  // more than a thousand in 100 ms, but soon finishes.
  while ((await turnsOfRest()) >= 100);
});

async function turnsOfRest(): Promise<number> {
  const turns = await server.child.call<number>('turns');
  await server.child.call('rest', 100);
  return (await server.child.call<number>('turns')) - turns;
}

test('a client that a NAT router has forgotten is disconnected, whether or not the server sends', async () => {
  await start('sink');
  for (const isSending of [false, true]) {
    const hole = await BlackHole.to(server.port);
    onTestFinished(() => hole.close());
    const peers = await RawPeer.openMany(hole.port, 2, { target: '/kept' });
    for (const peer of peers) await peer.expectOpen();
    hole.swallow();
    const settings: BroadcastSettings = { path: '', others: '/kept', count: 5, length: 1_000 };
    if (isSending) await server.child.call('broadcast', settings);
    await server.expectAlive();
    const endings = await server.endingsAt('/kept', 2);
    expect(endings.map(({ code }) => code)).toEqual([1006, 1006]);
    for (const peer of peers) peer.destroy();
    hole.close();
  }
});

test('a client that answers no Ping but continues to send stays connected', async () => {
  await start('sink');
  const peer = await RawPeer.open(server.port, { target: '/kept' });
  const timer = setInterval(() => void peer.write(clientFrame({ opcode: 'text', payload: 'here' })), 10);
  onTestFinished(() => clearInterval(timer));
  // Several times as long as a silent client may take.
  await untilPinged(peer, 2);
  for (let received = 0, start = 0; received - start < 100;) {
    received = (await server.record('/kept')).received;
    start ||= received;
  }
  expect([peer.isEnded, await server.child.call('count', '/kept')]).toEqual([false, 1]);
  clearInterval(timer);
  // Then it falls silent.
  await peer.ended();
  expect(await server.endingsAt('/kept')).toMatchObject([{ code: 1006 }]);
});

test('an event loop that was blocked for many ping intervals disconnects no client when it continues', async () => {
  server = await startForTest({
    app: { pingInterval: Infinity },
    routes: { '/kept': { behaviour: 'sink', pingInterval: 100, pongTimeout: 400 } },
  });
  const count = scaled(50, 1_000);
  const client = await startClients(count);
  for (let round = 0; round < 2; round++) {
    await server.child.call('block', 1_200);
    await server.expectAlive();
    const pings = await client.call<number>('leastPings');
    while ((await client.call<number>('leastPings')) < pings + 3);
    expect(await server.endings()).toEqual([]);
    expect(await client.call('count')).toBe(count);
  }
  await client.stop();
  await server.endingsAt('/kept', count);
});

import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createHub, MemoryBroker, MemoryBus, type Hub } from '../src/index.ts';
import { SocketServer, type Pair } from '@turnout/test-kit/socket-server';

const isLong = process.env['TURNOUT_LONG'] === '1';
const [roomCount, stepCount] = isLong ? [1_000, 1_000_000] : [50, 20_000];
const nodeCount = 3;
const socketsPerNode = 8;
const socketCount = nodeCount * socketsPerNode;

type Step = readonly [kind: 'join' | 'leave' | 'broadcast', socket: number, room: number];

const step: fc.Arbitrary<Step> = fc.tuple(
  fc.constantFrom('join', 'leave', 'broadcast'),
  fc.nat(socketCount - 1),
  fc.nat(roomCount - 1),
);

let hubs: Hub[];
beforeEach(() => {
  const bus = new MemoryBus();
  hubs = Array.from({ length: nodeCount }, () =>
    createHub({ broker: new MemoryBroker(bus), maxTopicsPerSocket: roomCount }),
  );
});
afterEach(() => Promise.all(hubs.map((hub) => hub.close())));

test('whatever sockets of three nodes join and leave, each receives the messages of the rooms it is in', async () => {
  const server = new SocketServer();
  const pairs = await server.openMany(socketCount);
  const received: string[][] = pairs.map(({ client }) => {
    const got: string[] = [];
    client.socket.on('message', (data) => got.push(String(data)));
    return got;
  });
  const expected: string[][] = pairs.map(() => []);
  const members = Array.from({ length: roomCount }, () => new Set<number>());
  const topicOf = (socket: number, room: number) => hubs[socket % nodeCount]!.topic(`room ${room}`);

  const steps = fc.sample(step, { numRuns: stepCount, seed: 111 });
  for (const [index, [kind, socket, room]] of steps.entries()) {
    if (kind === 'join') {
      // Joining again would restart the subscription.
      if (!members[room]!.has(socket)) await topicOf(socket, room).subscribe(pairs[socket]!.socket);
      members[room]!.add(socket);
    } else if (kind === 'leave') {
      topicOf(socket, room).unsubscribe(pairs[socket]!.socket);
      members[room]!.delete(socket);
    } else {
      const message = `${room} ${index}`;
      await topicOf(socket, room).publish(message);
      for (const member of members[room]!) expected[member]!.push(message);
    }
  }
  await expect.poll(() => received.map(({ length }) => length)).toEqual(expected.map(({ length }) => length));
  for (const [index, got] of received.entries()) expect(got).toEqual(expected[index]);
  expect(Math.min(...expected.map(({ length }) => length))).toBeGreaterThan(0);
  await leaveNothing(pairs);
});

/** Sockets that close leave all their rooms. */
async function leaveNothing(pairs: readonly Pair[]): Promise<void> {
  for (const { socket } of pairs) socket.terminate();
  for (const hub of hubs) {
    await expect.poll(() => pairs.flatMap(({ socket }) => [...hub.topicsOf(socket)])).toEqual([]);
  }
}

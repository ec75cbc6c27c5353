import type { Person, Topic, TopicOptions } from '@turnout/topics';
import type { WebSocket } from '@turnout/core';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { openSink } from '@turnout/test-kit/sink-socket';
import { pretendSockets } from '@turnout/test-kit/socket-server';
import { collect, TestNode } from './cluster.ts';
import { servedDrivers, type BrokerSite } from './drivers.ts';

const isLong = process.env['TURNOUT_LONG'] === '1';
const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
/** How soon everything must be consistent. */
const soon = { timeout: 15_000, interval: 100 };

function sinks(count: number): WebSocket[] {
  const sockets = range(count).map(() => openSink());
  onTestFinished(() => {
    for (const socket of sockets) socket.terminate();
  });
  return sockets;
}

/** Sockets of people who join at the same time. */
async function enter(topic: Topic, prefix: string, count: number, details?: unknown): Promise<WebSocket[]> {
  const sockets = sinks(count);
  await Promise.all(
    sockets.map((socket, index) => topic.subscribe(socket, { person: { id: `${prefix} ${index}`, details } })),
  );
  return sockets;
}

/** Who is present, as a client computes it. */
function known(notes: readonly Record<string, unknown>[]): Set<string> {
  const ids = new Set<string>();
  for (const { people, page, joined, left } of notes) {
    if (people !== undefined && page === undefined) ids.clear();
    for (const { id } of [...((people ?? []) as Person[]), ...((joined ?? []) as Person[])]) ids.add(id);
    for (const id of (left ?? []) as string[]) ids.delete(id);
  }
  return ids;
}

const presence: TopicOptions = { presence: true };
const counted: TopicOptions = { presence: { tell: 'counts' }, envelope: true };
const told: TopicOptions = { presence: true, envelope: true };

describe.each(servedDrivers.filter(({ isThere }) => isThere))('presence over $name', ({ start }) => {
  let site: BrokerSite;
  beforeEach(async () => {
    site = await start();
    // Not in afterEach(), which would run before the nodes are closed.
    onTestFinished(() => site.stop());
  });

  const startNodes = (count: number, options = {}): Promise<TestNode[]> =>
    Promise.all(
      range(count).map(async () => new TestNode(await site.connect(), { presenceInterval: 500, ...options })),
    );

  test('thousands of people who join one room at once are known to all nodes', async () => {
    const count = 10_000;
    const nodes = await startNodes(3);
    const topics = nodes.map(({ hub }) => hub.topic('room', presence));
    for (const topic of topics) topic.follow();
    await Promise.all(topics.slice(0, 2).map((topic, index) => enter(topic, `node ${index}`, count / 2)));
    for (const topic of topics) await expect.poll(() => topic.people().length, soon).toBe(count);
  });

  test('a room with a list of megabytes is sent in pages to a new node and its clients', async () => {
    const [here, there] = await startNodes(2);
    const room = here!.hub.topic('room', told);
    room.follow();
    for (const [index, socket] of sinks(isLong ? 10_000 : 5_000).entries()) {
      await room.subscribe(socket, { person: { id: `${index}`, details: 'x'.repeat(250) } });
    }
    const pair = await there!.open();
    const received = collect(pair);
    const topic = there!.hub.topic('room', told);
    await topic.subscribe(pair.socket);
    await expect.poll(() => topic.people().length, soon).toBe(room.people().length);
    await expect.poll(() => known(received.notes).size, soon).toBe(room.people().length);
    expect(here!.hub.isConnected && there!.hub.isConnected).toBe(true);
    const sizes = received.notes.map((note) => Buffer.byteLength(JSON.stringify(note)));
    expect(Math.max(...sizes)).toBeLessThan(64 * 1024);
    const newcomer = await there!.open();
    const late = collect(newcomer);
    await topic.subscribe(newcomer.socket);
    await expect.poll(() => known(late.notes).size, soon).toBe(room.people().length);
  });

  test('people with details of maximum length are known to all', async () => {
    const options: TopicOptions = { presence: { maxDetailsBytes: 16_384 } };
    const [here, there] = (await startNodes(2)).map(({ hub }) => hub.topic('room', options));
    there!.follow();
    await enter(here!, 'p', 100, 'x'.repeat(16_000));
    await expect.poll(() => there!.people().length, soon).toBe(100);
  });

  test('thousands of topics that are joined at once by one person each all receive, and are known to other nodes', async () => {
    const count = isLong ? 20_000 : 3_000;
    const [here, there] = await startNodes(2);
    const topicsOf = ({ hub }: TestNode): Topic[] => range(count).map((room) => hub.topic(`room ${room}`, counted));
    const watched = topicsOf(there!);
    for (const topic of watched) topic.follow();
    const topics = topicsOf(here!);
    const { sockets, heard } = pretendSockets(count);
    await Promise.all(topics.map((topic, index) => topic.subscribe(sockets[index]!, { person: { id: `p${index}` } })));
    const missing = (): number => watched.filter((topic) => topic.people().length !== 1).length;
    await expect.poll(missing, soon).toBe(0);
    const before = heard.slice();
    for (let start = 0; start < count; start += 500) {
      await Promise.all(watched.slice(start, start + 500).map((topic) => topic.publish('1')));
    }
    await expect.poll(() => heard.filter((messages, index) => messages <= before[index]!).length, soon).toBe(0);
  });

  test('thousands of rooms are consistent after an outage that is longer than the lease', async () => {
    const count = isLong ? 10_000 : 3_000;
    const nodes = await startNodes(2, { presenceInterval: 300, maxTopicsPerSocket: count });
    for (const [index, { hub }] of nodes.entries()) {
      const [socket] = sinks(1);
      const person = { id: `p${index}` };
      const join = (room: number) => hub.topic(`room ${room}`, presence).subscribe(socket!, { person });
      await Promise.all(range(count).map(join));
    }
    const rooms = nodes.flatMap(({ hub }) => range(count).map((room) => hub.topic(`room ${room}`, presence)));
    const sizes = (): Set<number> => new Set(rooms.map((room) => room.people().length));
    await expect.poll(sizes, soon).toEqual(new Set([2]));
    await site.daemon!.kill();
    await expect.poll(sizes, soon).toEqual(new Set([1]));
    await site.daemon!.resume();
    await expect.poll(sizes, soon).toEqual(new Set([2]));
  });
});

import { describe, expect, onTestFinished, test } from 'vitest';
import type { WebSocket } from '@turnout/core';
import { createHub, MemoryBroker, MemoryBus, type Hub, type HubOptions, type Person } from '../src/index.ts';
import { FaultyBroker } from './faulty-broker.ts';
import { SocketServer, type Pair } from '@turnout/test-kit/socket-server';
import { openSink } from '@turnout/test-kit/sink-socket';

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const ids = (people: readonly Person[]): string[] => people.map(({ id }) => id).toSorted();

function hubFor(options: HubOptions = {}): Hub {
  const hub = createHub(options);
  onTestFinished(() => hub.close());
  return hub;
}

function sink(): WebSocket {
  const socket = openSink();
  onTestFinished(() => socket.terminate());
  return socket;
}

interface Note {
  readonly people?: readonly Person[];
  readonly page?: number;
  readonly more?: true;
  readonly joined?: readonly Person[];
  readonly left?: readonly string[];
  readonly count?: number;
}

/** The presence messages that a client receives, and the length of each in bytes. */
function notesOf({ client }: Pair): { notes: Note[]; sizes: number[] } {
  const told: { notes: Note[]; sizes: number[] } = { notes: [], sizes: [] };
  client.socket.on('message', (bytes) => {
    const { topic: _topic, subscribed, ...note } = JSON.parse(String(bytes)) as Note & Record<string, unknown>;
    if (subscribed !== undefined) return;
    told.notes.push(note);
    told.sizes.push(Buffer.byteLength(bytes as Buffer));
  });
  return told;
}

/** Who is present, as a client computes it. */
function known(notes: readonly Note[]): string[] {
  const people = new Set<string>();
  for (const { people: listed, page, joined = [], left = [] } of notes) {
    if (listed !== undefined && !page) people.clear();
    for (const { id } of [...(listed ?? []), ...joined]) people.add(id);
    for (const id of left) people.delete(id);
  }
  return [...people].toSorted();
}

const peopleFeed = { name: '\u0000people', history: null };
const envelope = { presence: true, envelope: true };

describe('a subscriber', () => {
  test('receives who is present, and then who joins, leaves and changes', async () => {
    const topic = hubFor().topic('room', { envelope: true, presence: { leaveDelay: 20 } });
    const watcher = await new SocketServer().open();
    const told = notesOf(watcher);
    await topic.subscribe(sink(), { person: { id: 'ann' } });
    await topic.subscribe(watcher.socket);
    await expect.poll(() => told.notes).toEqual([{ people: [{ id: 'ann' }] }]);
    const socket = sink();
    await topic.subscribe(socket, { person: { id: 'bob', details: 1 } });
    await expect.poll(() => told.notes).toHaveLength(2);
    await topic.subscribe(socket, { person: { id: 'bob', details: 2 } });
    await expect.poll(() => told.notes).toHaveLength(3);
    topic.unsubscribe(socket);
    await expect
      .poll(() => told.notes.slice(1))
      .toEqual([{ joined: [{ id: 'bob', details: 1 }] }, { joined: [{ id: 'bob', details: 2 }] }, { left: ['bob'] }]);
  });

  test('receives a long list in pages, and all changes between them', async () => {
    const topic = hubFor().topic('room', { envelope: true, presence: { maxDetailsBytes: 16_384 } });
    const sockets = range(2_000).map(() => sink());
    for (const [index, socket] of sockets.entries()) {
      await topic.subscribe(socket, {
        person: { id: `p${index}`, details: 'x'.repeat(index % 500 === 0 ? 16_000 : 100) },
      });
    }
    const watcher = await new SocketServer().open();
    const told = notesOf(watcher);
    await topic.subscribe(watcher.socket);
    await expect.poll(() => told.notes.length).toBeGreaterThan(0);
    for (const socket of sockets.slice(1_500)) topic.unsubscribe(socket);
    for (const index of range(10)) await topic.subscribe(sink(), { person: { id: `late ${index}` } });
    await expect.poll(() => known(told.notes)).toEqual(ids(topic.people()));
    expect(topic.people()).toHaveLength(1_510);
    await expect.poll(() => told.notes.filter(({ people }) => people).at(-1)).not.toHaveProperty('more');
    const pages = told.notes.filter(({ people }) => people !== undefined);
    expect(pages.map(({ page }) => page)).toEqual(range(pages.length));
    expect(pages.length).toBeGreaterThan(5);
    expect(Math.max(...told.sizes)).toBeLessThan(64 * 1024);
    expect(
      Math.max(
        ...told.notes.map(({ people = [], joined = [], left = [] }) => people.length + joined.length + left.length),
      ),
    ).toBeLessThanOrEqual(250);
  });

  test('receives many simultaneous joins in a few messages', async () => {
    const topic = hubFor().topic('room', envelope);
    const watcher = await new SocketServer().open();
    const told = notesOf(watcher);
    await topic.subscribe(watcher.socket);
    await Promise.all(range(300).map((index) => topic.subscribe(sink(), { person: { id: `p${index}` } })));
    await expect.poll(() => known(told.notes)).toHaveLength(300);
    expect(told.notes.length).toBeLessThan(10);
  });

  test('receives nothing about a socket that joins and leaves in a loop', async () => {
    const hub = hubFor();
    const topic = hub.topic('room', envelope);
    const watcher = await new SocketServer().open();
    const told = notesOf(watcher);
    await topic.subscribe(watcher.socket);
    const socket = sink();
    for (const _ of range(5_000)) {
      await topic.subscribe(socket, { person: { id: 'ann' } });
      topic.unsubscribe(socket);
    }
    await topic.subscribe(sink(), { person: { id: 'bob' } });
    await expect.poll(() => known(told.notes)).toEqual(['bob']);
    expect(told.notes.length).toBeLessThan(50);
  });

  test('receives only the count if the topic tells counts', async () => {
    const topic = hubFor().topic('room', { envelope: true, presence: { tell: 'counts' } });
    const [one, two] = await new SocketServer().openMany(2);
    const [first, second] = [notesOf(one!), notesOf(two!)];
    await topic.subscribe(one!.socket);
    await expect.poll(() => first.notes).toEqual([{ count: 0 }]);
    const sockets = range(1_000).map(() => sink());
    await Promise.all(sockets.map((socket, index) => topic.subscribe(socket, { person: { id: `p${index}` } })));
    await topic.subscribe(two!.socket);
    for (const { notes } of [first, second]) await expect.poll(() => notes.at(-1)).toEqual({ count: 1_000 });
    for (const socket of sockets.slice(1)) topic.unsubscribe(socket);
    for (const { notes } of [first, second]) await expect.poll(() => notes.at(-1)).toEqual({ count: 1 });
    expect(first.notes.length).toBeLessThan(20);
    expect([...first.notes, ...second.notes].every((note) => Object.keys(note).join() === 'count')).toBe(true);
  });
});

describe('a topic', () => {
  test('emits events for people who join, leave and change', async () => {
    const events: string[] = [];
    const topic = hubFor().topic('room', { presence: { leaveDelay: 20 } });
    topic.on('join', ({ id }) => events.push(`+${id}`)).on('leave', ({ id }) => events.push(`-${id}`));
    topic.on('change', ({ id, details }) => events.push(`${id}=${String(details)}`));
    topic.follow();
    const socket = sink();
    await topic.subscribe(socket, { person: { id: 'ann', details: 1 } });
    await expect.poll(() => events).toEqual(['+ann']);
    await topic.subscribe(socket, { person: { id: 'ann', details: 2 } });
    await expect.poll(() => events).toEqual(['+ann', 'ann=2']);
    topic.unsubscribe(socket);
    await expect.poll(() => events).toEqual(['+ann', 'ann=2', '-ann']);
  });

  test("is not affected by the application's changes to the details", async () => {
    const topic = hubFor().topic('room', { presence: true });
    const details = { name: 'Ann' };
    await topic.subscribe(sink(), { person: { id: 'ann', details } });
    details.name = 'Eve';
    expect(topic.people()).toEqual([{ id: 'ann', details: { name: 'Ann' } }]);
  });

  test('rejects people that are too long or not JSON', async () => {
    const hub = hubFor();
    const topic = hub.topic('room', { presence: { maxDetailsBytes: 10 } });
    const join = (id: string, details?: unknown) => topic.subscribe(sink(), { person: { id, details } });
    await join('ann', 'ääää');
    await expect(join('bob', 'äääää')).rejects.toThrow(
      'Invalid details of person bob: expected at most 10 bytes of JSON (presence.maxDetailsBytes), got 12',
    );
    await expect(join('ä'.repeat(129))).rejects.toThrow('Invalid person: expected an id of at most 256 bytes, got 258');
    await expect(join('bob', 1n)).rejects.toThrow('Invalid details of person bob: expected JSON, got Do not know how');
    await expect(join('bob', () => {})).rejects.toThrow('Invalid details of person bob: expected JSON, got function');
    expect(topic.people()).toEqual([{ id: 'ann', details: 'ääää' }]);
    expect(hub.topic('other', { presence: true }).options.presence).toMatchObject({ maxDetailsBytes: 1_024 });
    await expect(
      hub.topic('other', { presence: true }).subscribe(sink(), { person: { id: 'ann', details: 'x'.repeat(1_023) } }),
    ).rejects.toThrow('expected at most 1024 bytes of JSON (presence.maxDetailsBytes), got 1025');
  });
});

describe('nodes', () => {
  const pairOfHubs = (options: HubOptions = {}): [Hub, Hub] => {
    const bus = new MemoryBus();
    const create = (): Hub => hubFor({ broker: new MemoryBroker(bus), presenceInterval: 50, ...options });
    return [create(), create()];
  };

  test('that were separated for long are consistent soon after', async () => {
    const bus = new MemoryBus();
    const broker = new FaultyBroker(new MemoryBroker(bus));
    const hub = hubFor({ broker, presenceInterval: 20 });
    const asked: string[] = [];
    bus.join(peopleFeed, ({ data }) => void asked.push(String(data)));
    const topic = hub.topic('room', { presence: true });
    topic.follow();
    await expect.poll(() => asked).toContainEqual('{"type":"ask","topics":["room"]}');
    const say = (sequence: number, message: object): void =>
      broker.deliver(peopleFeed.name, {
        message: { origin: 'other.0', sequence, key: '', data: JSON.stringify(message) },
        position: null,
      });
    say(1, { type: 'news', rooms: [{ topic: 'room', joined: [[{ id: 'ann' }, 0]] }] });
    expect(ids(topic.people())).toEqual(['ann']);
    await expect.poll(() => topic.people()).toEqual([]);
    say(2, { type: 'beat', rooms: [['room', 2, 1, 1]] });
    await expect.poll(() => asked).toContainEqual('{"type":"ask","node":"other","topics":["room"]}');
    say(3, {
      type: 'list',
      rooms: [
        {
          topic: 'room',
          people: [
            [{ id: 'ann' }, 0],
            [{ id: 'bob' }, 0],
          ],
        },
      ],
    });
    expect(ids(topic.people())).toEqual(['ann', 'bob']);
    say(4, { type: 'bye' });
    expect(topic.people()).toEqual([]);
  });

  test('answer all requests within a beat with one list, and each node once', async () => {
    const bus = new MemoryBus();
    const broker = new FaultyBroker(new MemoryBroker(bus));
    const hub = hubFor({ broker, presenceInterval: 60_000 });
    await hub.topic('room', { presence: true }).subscribe(sink(), { person: { id: 'ann' } });
    const lists: string[] = [];
    bus.join(peopleFeed, ({ data }) => {
      if (String(data).startsWith('{"type":"list"')) lists.push(String(data));
    });
    const ask = (origin: string, sequence: number, node?: string): void =>
      broker.deliver(peopleFeed.name, {
        message: { origin, sequence, key: '', data: JSON.stringify({ type: 'ask', node, topics: ['room', 'empty'] }) },
        position: null,
      });
    for (const node of range(20)) ask(`n${node}.0`, 1);
    await expect.poll(() => lists).toHaveLength(1);
    for (const node of range(20)) ask(`n${node}.0`, 2);
    ask('other.0', 1, 'somebody else');
    ask('last.0', 1);
    await expect.poll(() => lists).toHaveLength(2);
    expect(JSON.parse(lists[0]!)).toEqual({
      type: 'list',
      rooms: [{ topic: 'room', page: 0, more: false, people: [[{ id: 'ann' }, expect.any(Number)]] }],
    });
  });

  test('drop and count messages that are not theirs', async () => {
    const broker = new FaultyBroker();
    const hub = hubFor({ broker });
    const foreign: unknown[] = [];
    hub.on('foreign', (problem) => foreign.push(problem));
    const topic = hub.topic('room', envelope);
    const watcher = await new SocketServer().open();
    const told = notesOf(watcher);
    await topic.subscribe(watcher.socket);
    await expect.poll(() => told.notes).toEqual([{ people: [] }]);
    const texts = [
      'poison',
      '{"type":"here","people":[{"id":"eve"}]}',
      '{"type":"news","rooms":[{"topic":"room","joined":[[{"id":7},0]]}]}',
    ];
    for (const [index, data] of texts.entries()) {
      broker.deliver(peopleFeed.name, {
        message: { origin: 'other.0', sequence: index + 1, key: '', data },
        position: null,
      });
    }
    expect(foreign).toHaveLength(texts.length);
    expect(hub.counts.foreign).toBe(texts.length);
    await topic.subscribe(sink(), { person: { id: 'ann' } });
    await expect.poll(() => known(told.notes)).toEqual(['ann']);
  });

  test('keep a room without followers for a while', async () => {
    const [here, there] = pairOfHubs();
    const options = { presence: true };
    await here.topic('room', options).subscribe(sink(), { person: { id: 'ann' } });
    const topic = there.topic('room', options);
    topic.follow()();
    topic.follow();
    await expect.poll(() => ids(topic.people())).toEqual(['ann']);
  });

  test('announce nobody for a follower that joins and leaves in a loop', async () => {
    const [here, there] = pairOfHubs({ presenceInterval: 60_000 });
    const options = { presence: true };
    for (const index of range(1_000)) {
      await here.topic('room', options).subscribe(sink(), { person: { id: `p${index}` } });
    }
    let joins = 0;
    const topic = there.topic('room', options).on('join', () => joins++);
    const unfollow = topic.follow();
    await expect.poll(() => joins).toBe(1_000);
    unfollow();
    for (const _ of range(1_000)) topic.follow()();
    expect(joins).toBe(1_000);
    topic.follow();
    await expect.poll(() => joins).toBe(2_000);
  });

  test('without rooms for a while start again', async () => {
    const [here, there] = pairOfHubs({ presenceInterval: 10 });
    const options = { presence: true };
    for (const _ of range(3)) {
      const socket = sink();
      const unfollow = there.topic('room', options).follow();
      await here.topic('room', options).subscribe(socket, { person: { id: 'ann' } });
      await expect.poll(() => ids(there.topic('room', options).people())).toEqual(['ann']);
      here.topic('room', options).unsubscribe(socket);
      await expect.poll(() => ids(there.topic('room', options).people())).toEqual([]);
      unfollow();
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
  });

  test('send no more requests once all are consistent', async () => {
    const bus = new MemoryBus();
    const hubs = range(3).map(() => hubFor({ broker: new MemoryBroker(bus), presenceInterval: 20 }));
    const said = new Map<string, number>();
    bus.join(peopleFeed, ({ data }) => {
      const { type } = JSON.parse(String(data)) as { readonly type: string };
      said.set(type, (said.get(type) ?? 0) + 1);
    });
    for (const [index, hub] of hubs.entries()) {
      for (const room of range(20)) {
        await hub.topic(`room ${room}`, { presence: true }).subscribe(sink(), { person: { id: `p${index}` } });
      }
    }
    const people = () =>
      hubs.flatMap((hub) => range(20).map((room) => hub.topic(`room ${room}`, { presence: true }).people().length));
    await expect.poll(people).toEqual(range(60).map(() => 3));
    const after = async (beats: number): Promise<(number | undefined)[]> => {
      const count = said.get('beat') ?? 0;
      await expect.poll(() => said.get('beat')).toBeGreaterThan(count + beats);
      return [said.get('ask'), said.get('list')];
    };
    const told = await after(30);
    expect(await after(30)).toEqual(told);
  });
});

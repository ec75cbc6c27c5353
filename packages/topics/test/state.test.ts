import { describe, expect, onTestFinished, test } from 'vitest';
import {
  createHub,
  MemoryBroker,
  MemoryBus,
  TopicError,
  type Hub,
  type HubOptions,
  type StateOptions,
} from '../src/index.ts';
import { SocketServer, type Pair } from '@turnout/test-kit/socket-server';
import { FaultyBroker } from './faulty-broker.ts';
import { StateMirror } from './state-mirror.ts';

function hubFor(options: HubOptions = {}): Hub {
  const hub = createHub(options);
  onTestFinished(() => hub.close());
  return hub;
}

function twoHubs(): [Hub, Hub] {
  const bus = new MemoryBus();
  return [hubFor({ broker: new MemoryBroker(bus) }), hubFor({ broker: new MemoryBroker(bus) })];
}

async function mirrorOf({ client }: Pair): Promise<StateMirror> {
  const mirror = new StateMirror();
  void mirror.follow(client);
  await new Promise((resolve) => setTimeout(resolve, 5));
  return mirror;
}

const open = (): Promise<Pair> => new SocketServer().open();

describe('a state that the broker keeps', () => {
  test('sends a subscriber all keys, and then what changes, once for all changes of a turn', async () => {
    const votes = hubFor().state<number>('votes');
    await votes.set('ada', 1);
    await votes.set('bob', 2);
    const pair = await open();
    const mirror = await mirrorOf(pair);
    expect(await votes.subscribe(pair.socket)).toMatchObject({ recovered: false, offset: 2 });
    await expect.poll(() => Object.fromEntries(mirror.entries)).toEqual({ ada: 1, bob: 2 });
    const { epoch } = mirror.position!;
    expect(mirror.messages).toEqual([
      { topic: 'votes', subscribed: { epoch, offset: 2, recovered: false } },
      { topic: 'votes', state: { ada: 1, bob: 2 }, epoch, offset: 2 },
    ]);
    await Promise.all([votes.increment('ada'), votes.increment('ada', 2), votes.delete('bob'), votes.set('cy', 0)]);
    await expect.poll(() => Object.fromEntries(mirror.entries)).toEqual({ ada: 4, cy: 0 });
    expect(mirror.messages.slice(2)).toEqual([{ topic: 'votes', offset: 6, set: { ada: 4, cy: 0 }, unset: ['bob'] }]);
  });

  test('is the same on all nodes', async () => {
    const [here, there] = twoHubs();
    const pair = await open();
    await here.state('votes').subscribe(pair.socket);
    const mirror = await mirrorOf(pair);
    await there.state<number>('votes').increment('ada', 3);
    await expect.poll(() => mirror.entries.get('ada')).toBe(3);
    expect(await here.state('votes').get('ada')).toBe(3);
    expect(await here.state('votes').entries()).toEqual(new Map([['ada', 3]]));
    expect(await here.state('votes').size()).toBe(1);
    expect(await here.state('votes').get('bob')).toBeUndefined();
  });

  test('sets and deletes only if the key has the expected version', async () => {
    const state = hubFor().state<string>('s');
    expect(await state.set('a', 'x', { ifVersion: 0 })).toBe(true);
    expect(await state.set('a', 'y', { ifVersion: 0 })).toBe(false);
    const version = await state.versionOf('a');
    expect(await state.set('a', 'z', { ifVersion: version })).toBe(true);
    expect(await state.set('a', 'late', { ifVersion: version })).toBe(false);
    expect(await state.delete('a', { ifVersion: version })).toBe(false);
    expect(await state.get('a')).toBe('z');
    expect(await state.delete('a')).toBe(true);
    expect(await state.delete('a')).toBe(false);
    expect(await state.versionOf('a')).toBe(0);
  });

  test('counts an increment with an id once, whichever node repeats it', async () => {
    const [here, there] = twoHubs();
    expect(await here.state<number>('votes').increment('ada', 1, { once: 'vote 7' })).toBe(1);
    expect(await there.state<number>('votes').increment('ada', 1, { once: 'vote 7' })).toBe(1);
    expect(await there.state<number>('votes').increment('bob', 1, { once: 'vote 7' })).toBe(1);
    expect(await there.state<number>('votes').increment('ada', 1, { once: 'vote 8' })).toBe(2);
  });

  test('refuses what would exceed a limit, or is not a number, and changes nothing', async () => {
    const state = hubFor().state('s', { maxKeys: 2, maxBytes: 40 });
    await state.set('a', 1);
    await state.set('b', 'text');
    await expect(state.set('c', 1)).rejects.toMatchObject({
      code: 'TOPIC_ERR_STATE_FULL',
      message: 'The state is full: maxKeys is 2',
    });
    await expect(state.set('a', 'x'.repeat(40))).rejects.toThrow('The state is full: 50 bytes, and maxBytes is 40');
    await expect(state.increment('b')).rejects.toMatchObject({
      code: 'TOPIC_ERR_STATE_VALUE',
      message: 'Cannot increment "b": expected a number, got "text"',
    });
    expect(await state.entries()).toEqual(
      new Map<string, unknown>([
        ['a', 1],
        ['b', 'text'],
      ]),
    );
    await state.delete('b');
    await state.set('c', 1);
  });

  test('gives a client that was away only what has changed since, on another node too', async () => {
    const [here, there] = twoHubs();
    const state = here.state<number>('votes');
    const [watcher, pair] = [await open(), await open()];
    // A node knows what has changed since it has the state.
    await there.state('votes').subscribe(watcher.socket);
    await state.set('a', 1);
    await state.set('b', 1);
    await state.subscribe(pair.socket);
    const mirror = await mirrorOf(pair);
    state.unsubscribe(pair.socket);
    await state.set('b', 2);
    await state.delete('a');
    const subscribed = await there.state('votes').subscribe(pair.socket, { since: mirror.position });
    expect(subscribed).toMatchObject({ recovered: true, offset: 2 });
    await expect.poll(() => mirror.position?.offset).toBe(4);
    expect(mirror.messages.at(-1)).toEqual({ topic: 'votes', offset: 4, set: { b: 2 }, unset: ['a'] });
    expect(Object.fromEntries(mirror.entries)).toEqual({ b: 2 });
  });

  test('gives a client that was away too long, or has a position of another history, all of it', async () => {
    const state = hubFor().state<number>('s');
    const [watcher, pair] = [await open(), await open()];
    await state.subscribe(watcher.socket);
    const mirror = await mirrorOf(pair);
    await state.set('a', 0);
    for (let count = 1; count <= 3_000; count++) await state.set('a', count);
    const ask = async (since: { epoch: string; offset: number }): Promise<boolean | undefined> =>
      (await state.subscribe(pair.socket, { since }))?.recovered;
    const position = (await state.subscribe(watcher.socket)) as { epoch: string; offset: number };
    expect(await ask({ ...position, offset: 1 })).toBe(false);
    expect(await ask({ ...position, epoch: 'other' })).toBe(false);
    expect(await ask({ ...position, offset: position.offset + 1 })).toBe(false);
    expect(await ask(position)).toBe(true);
    await expect.poll(() => mirror.entries.get('a')).toBe(3_000);
  });

  test('sends a slow reader the newest value of each key, and never a queue', async () => {
    const state = hubFor().state<string>('s');
    const pair = await open();
    await state.subscribe(pair.socket);
    const mirror = await mirrorOf(pair);
    pair.client.throttle(0);
    const long = 'x'.repeat(20_000);
    for (let round = 0; round < 200; round++) {
      await state.set(`key ${round % 4}`, `${round} ${long}`);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(pair.socket.bufferedAmount).toBeLessThan(400_000);
    pair.client.throttle(Infinity);
    await expect.poll(() => String(mirror.entries.get('key 3')).slice(0, 3)).toBe('199');
    expect([...mirror.entries.keys()].sort()).toEqual(['key 0', 'key 1', 'key 2', 'key 3']);
    expect(mirror.messages.length).toBeLessThan(60);
  });

  test('splits a long state into pages', async () => {
    const state = hubFor().state<string>('s');
    for (let index = 0; index < 300; index++) await state.set(`key ${index}`, 'x'.repeat(500));
    const pair = await open();
    await state.subscribe(pair.socket);
    const mirror = await mirrorOf(pair);
    await expect.poll(() => mirror.entries.size).toBe(300);
    const pages = mirror.messages.filter((message) => message.state !== undefined);
    expect(pages.map(({ page, more }) => [page, more])).toEqual([
      [0, true],
      [1, true],
      [2, true],
      [3, undefined],
    ]);
    for (const page of pages) expect(JSON.stringify(page).length).toBeLessThan(65_536);
  });

  test('splits long changes into messages, the last of which has the position', async () => {
    const state = hubFor().state<string>('s');
    const pair = await open();
    await state.subscribe(pair.socket);
    const mirror = await mirrorOf(pair);
    await state.set('gone', '');
    await new Promise((resolve) => setTimeout(resolve, 5));
    const changes = Array.from({ length: 100 }, (_, index) => state.set(`key ${index}`, 'x'.repeat(1_000)));
    await Promise.all([...changes, state.delete('gone')]);
    await expect.poll(() => mirror.position?.offset).toBe(102);
    expect([mirror.entries.size, mirror.entries.has('gone')]).toEqual([100, false]);
    const parts = mirror.messages.slice(-3);
    expect(parts.map(({ offset }) => offset)).toEqual([undefined, undefined, 102]);
    for (const part of parts) expect(JSON.stringify(part).length).toBeLessThan(65_536);
  });

  test('sends nothing more to a slow reader that leaves, while a change or the whole state waits for it', async () => {
    const state = hubFor().state<string>('s');
    const pair = await open();
    await state.subscribe(pair.socket);
    pair.client.throttle(0);
    const long = 'x'.repeat(100_000);
    await state.set('one', long);
    await new Promise((resolve) => setTimeout(resolve, 5));
    state.unsubscribe(pair.socket);
    await state.subscribe(pair.socket);
    await new Promise((resolve) => setTimeout(resolve, 5));
    state.unsubscribe(pair.socket);
    const { bufferedAmount } = pair.socket;
    await state.set('two', long);
    pair.client.throttle(Infinity);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(bufferedAmount).toBeGreaterThan(long.length);
    expect(pair.socket.bufferedAmount).toBe(0);
    const mirror = new StateMirror();
    for (let message = 0; message < 5; message++) mirror.take(String(await pair.client.next()));
    await pair.client.expectNothing();
    expect(mirror.entries.has('two')).toBe(false);
  });

  test('never gives a subscriber a key that it may not have', async () => {
    const state = hubFor().state<number>('s');
    await state.set('team:a', 1);
    await state.set('secret', 1);
    const [byPrefix, byRule] = [await open(), await open()];
    await state.subscribe(byPrefix.socket, { keys: 'team:' });
    await state.subscribe(byRule.socket, { keys: (key) => key === 'secret' });
    const [one, other] = [await mirrorOf(byPrefix), await mirrorOf(byRule)];
    await state.set('secret', 2);
    await state.set('team:b', 2);
    await expect.poll(() => one.entries.get('team:b')).toBe(2);
    expect([...one.entries.keys()]).toEqual(['team:a', 'team:b']);
    await expect.poll(() => other.entries.get('secret')).toBe(2);
    expect([...other.entries.keys()]).toEqual(['secret']);
    expect(JSON.stringify(one.messages)).not.toContain('secret');
  });

  test('a change of one key of 1,000 takes at most 80 bytes', async () => {
    const state = hubFor().state<number>('live-votes');
    for (let index = 0; index < 1_000; index++) await state.set(`candidate-${index}`, index);
    const { client, socket } = await open();
    await state.subscribe(socket);
    const hasMore = async (): Promise<boolean> => String(await client.next()).includes('"more":true');
    await client.next();
    while (await hasMore());
    await state.increment('candidate-999');
    const message = String(await client.next());
    expect(message).toBe('{"topic":"live-votes","offset":1001,"set":{"candidate-999":1000}}');
    expect(message.length).toBeLessThanOrEqual(80);
  });
});

describe('a state that the application keeps', () => {
  const counts = new Map<string, number>();

  function counting(options: Partial<StateOptions<number>> = {}): {
    readonly options: StateOptions<number>;
    readonly loads: () => number;
  } {
    counts.clear();
    let loads = 0;
    return {
      loads: () => loads,
      options: {
        load: async () => {
          loads++;
          await new Promise((resolve) => setTimeout(resolve, 5));
          return counts;
        },
        ...options,
      },
    };
  }

  test('is read once, however many clients come at once', async () => {
    const { options, loads } = counting();
    const state = hubFor().state('votes', options);
    counts.set('ada', 3);
    const pairs = await new SocketServer().openMany(20);
    await Promise.all(pairs.map(({ socket }) => state.subscribe(socket)));
    const mirror = await mirrorOf(pairs[19]!);
    await expect.poll(() => Object.fromEntries(mirror.entries)).toEqual({ ada: 3 });
    expect(loads()).toBe(1);
  });

  test('tells what the application says has changed', async () => {
    const { options } = counting();
    const state = hubFor().state('votes', options);
    const pair = await open();
    await state.subscribe(pair.socket);
    const mirror = await mirrorOf(pair);
    counts.set('ada', 1);
    expect(await state.set('ada', 1)).toBe(true);
    await expect.poll(() => mirror.entries.get('ada')).toBe(1);
    counts.delete('ada');
    await state.delete('ada');
    await expect.poll(() => mirror.entries.size).toBe(0);
    expect(await state.get('ada')).toBeUndefined();
  });

  test('is read again when changes were lost, and the difference is told', async () => {
    const { options } = counting();
    const broker = new FaultyBroker();
    const state = hubFor({ broker, onError: () => {} }).state('votes', options);
    const pair = await open();
    counts.set('ada', 1);
    await state.subscribe(pair.socket);
    const mirror = await mirrorOf(pair);
    counts.set('ada', 2);
    counts.set('bob', 1);
    broker.forgetHistories(100);
    broker.events.onLost(new Error('lost'));
    broker.events.onRestored();
    await expect.poll(() => Object.fromEntries(mirror.entries)).toEqual({ ada: 2, bob: 1 });
  });

  test('a change that cannot be told is told once the broker is back', async () => {
    const { options } = counting();
    const broker = new FaultyBroker();
    const state = hubFor({ broker, onError: () => {} }).state('votes', options);
    const pair = await open();
    await state.subscribe(pair.socket);
    const mirror = await mirrorOf(pair);
    broker.failure = new Error('refused');
    const [first, second] = [state.set('ada', 1), state.set('ada', 2)];
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(mirror.entries.size).toBe(0);
    broker.failure = undefined;
    expect(await Promise.all([first, second])).toEqual([true, true]);
    await expect.poll(() => mirror.entries.get('ada')).toBe(2);
  });

  test('an earlier change that is told later is ignored if values have versions', async () => {
    const { options } = counting({ version: (count) => count });
    const bus = new MemoryBus();
    const [here, there] = [0, 1].map(() => hubFor({ broker: new MemoryBroker(bus) }).state('votes', options));
    const pair = await open();
    await here!.subscribe(pair.socket);
    const mirror = await mirrorOf(pair);
    await there!.set('ada', 7);
    await here!.set('ada', 6);
    await here!.set('bob', 1);
    await expect.poll(() => mirror.entries.get('bob')).toBe(1);
    expect(mirror.entries.get('ada')).toBe(7);
  });

  test('gives a client that reconnects to the same node only what has changed, and one from another node all of it', async () => {
    const { options } = counting();
    const bus = new MemoryBus();
    const [here, there] = [0, 1].map(() => hubFor({ broker: new MemoryBroker(bus) }).state('votes', options));
    const [watcher, pair] = [await open(), await open()];
    counts.set('ada', 1);
    await here!.subscribe(watcher.socket);
    await here!.subscribe(pair.socket);
    const mirror = await mirrorOf(pair);
    await expect.poll(() => mirror.position).toBeDefined();
    here!.unsubscribe(pair.socket);
    counts.set('bob', 1);
    await here!.set('bob', 1);
    const since = mirror.position;
    expect(await here!.subscribe(pair.socket, { since })).toMatchObject({ recovered: true });
    await expect.poll(() => mirror.messages.at(-1)).toMatchObject({ set: { bob: 1 } });
    expect(await here!.subscribe(pair.socket, { since: { ...since!, offset: 99 } })).toMatchObject({
      recovered: false,
    });
    expect(await there!.subscribe(pair.socket, { since })).toMatchObject({ recovered: false });
    await expect.poll(() => Object.fromEntries(mirror.entries)).toEqual({ ada: 1, bob: 1 });
  });

  test("tells what is gone from the application's store when it is read again", async () => {
    const { options } = counting();
    const broker = new FaultyBroker();
    const state = hubFor({ broker, onError: () => {} }).state('votes', options);
    const pair = await open();
    for (const name of ['ada', 'bob']) counts.set(name, 1);
    await state.subscribe(pair.socket);
    const mirror = await mirrorOf(pair);
    counts.delete('bob');
    broker.events.onLost(new Error('lost'));
    broker.events.onRestored();
    await expect.poll(() => Object.fromEntries(mirror.entries)).toEqual({ ada: 1 });
  });

  test('cannot be subscribed to while the broker is lost, and can be again after that', async () => {
    const { options } = counting();
    const broker = new FaultyBroker();
    const hub = hubFor({ broker, onError: () => {} });
    const state = hub.state('votes', options);
    const { socket } = await open();
    broker.failure = new TopicError('TOPIC_ERR_BROKER_LOST', 'Away');
    broker.events.onLost(new Error('lost'));
    await expect(state.subscribe(socket)).rejects.toMatchObject({ code: 'TOPIC_ERR_BROKER_LOST' });
    expect(hub.topicsOf(socket)).toEqual([]);
    broker.failure = undefined;
    broker.events.onRestored();
    expect(await state.subscribe(socket)).toMatchObject({ recovered: false });
  });

  test('reports a rejection that nobody awaits, whatever was called', async () => {
    const errors: unknown[] = [];
    const broker = new FaultyBroker();
    const hub = hubFor({ broker, onError: (error) => errors.push((error as { code?: string }).code) });
    const state = hub.state('votes', counting().options);
    broker.refusal = new TopicError('TOPIC_ERR_TOO_LONG', 'Too long');
    void state.set('ada', 1);
    void state.delete('bob');
    await expect.poll(() => errors).toEqual(['TOPIC_ERR_TOO_LONG', 'TOPIC_ERR_TOO_LONG']);
    broker.refusal = undefined;
    broker.failure = new TopicError('TOPIC_ERR_BROKER_LOST', 'Away');
    broker.events.onLost(new Error('lost'));
    errors.length = 0;
    void state.get('ada');
    void state.versionOf('ada');
    void state.entries();
    void state.size();
    await expect.poll(() => errors).toEqual(Array.from({ length: 4 }, () => 'TOPIC_ERR_BROKER_LOST'));
  });

  test('refuses a version that is not a number', () => {
    const state = hubFor().state<number>('votes', { ...counting().options, version: () => NaN });
    expect(() => state.set('ada', 1)).toThrow(
      'Invalid result of option version for ada in state votes: expected a number',
    );
  });

  test('rejects a change that is too long for the broker', async () => {
    const { options } = counting();
    const broker = new FaultyBroker();
    const state = hubFor({ broker, onError: () => {} }).state('votes', options);
    broker.refusal = new TopicError('TOPIC_ERR_TOO_LONG', 'Too long');
    await expect(state.set('ada', 1)).rejects.toMatchObject({ code: 'TOPIC_ERR_TOO_LONG' });
  });

  test('a load that fails is reported, and tried again', async () => {
    const errors: unknown[] = [];
    let loads = 0;
    const load = (): { ada: number } => {
      if (loads++ === 0) throw new Error('no database');
      return { ada: 1 };
    };
    const state = hubFor({ onError: (error) => errors.push(error) }).state('votes', { load });
    const pair = await open();
    await state.subscribe(pair.socket);
    const mirror = await mirrorOf(pair);
    await expect.poll(() => mirror.entries.get('ada')).toBe(1);
    expect(errors).toEqual([new Error('no database')]);
  });

  test('a process that takes over has the others read the state again', async () => {
    const { options, loads } = counting();
    const bus = new MemoryBus();
    const here = hubFor({ broker: new MemoryBroker(bus) }).state('votes', options);
    const pair = await open();
    await here.subscribe(pair.socket);
    const mirror = await mirrorOf(pair);
    // Another process has stored this, and ended before it told anybody.
    counts.set('ada', 1);
    const there = hubFor({ broker: new MemoryBroker(bus) }).state('votes', options);
    await there.subscribe((await open()).socket);
    await expect.poll(() => mirror.entries.get('ada')).toBe(1);
    expect(loads()).toBe(3);
  });

  test('cannot increment, and has no versions to compare', async () => {
    const state = hubFor().state<number>('votes', { load: () => ({}) });
    expect(() => state.increment('ada')).toThrow(
      'Cannot increment ada: the application keeps state votes (option load)',
    );
    expect(() => state.set('ada', 1, { ifVersion: 1 })).toThrow(
      'Invalid option ifVersion: the application keeps state votes (option load)',
    );
  });
});

test('a change that no node could be told rejects when the hub is closed, and so does one after that', async () => {
  const broker = new FaultyBroker();
  const hub = hubFor({ broker });
  const state = hub.state('votes', { load: () => ({}) });
  broker.failure = new Error('refused');
  const told = state.set('ada', 1);
  await Promise.all([hub.close(), expect(told).rejects.toMatchObject({ code: 'TOPIC_ERR_CLOSED' })]);
  await expect(state.set('ada', 2)).rejects.toMatchObject({ code: 'TOPIC_ERR_CLOSED' });
});

describe('misuse of a state', () => {
  test('throws at once', async () => {
    const hub = hubFor();
    const state = hub.state('s');
    expect(() => state.set('', 1)).toThrow('Invalid key of state s: expected a string that is not empty, got string');
    expect(() => state.set('k'.repeat(257), 1)).toThrow('Invalid key of state s: 257 bytes, more than 256');
    expect(() => state.set('a', undefined)).toThrow('Invalid value of a in state s: expected JSON, got undefined');
    expect(() => state.increment('a', NaN)).toThrow('Invalid increment of a: expected a number, got NaN');
    expect(() => state.set('a', 1, { ifversion: 1 } as never)).toThrow('ifVersion');
    expect(() => hub.state('s', { maxKeys: 3 })).toThrow('state s already exists with different options');
    expect(hub.state('s')).toBe(state);
    expect(() => hub.state('')).toThrow('Invalid topic name');
    const { socket } = await open();
    await expect(state.subscribe(socket, { since: 'oldest' as never })).rejects.toThrow('since');
  });

  test('a broker that keeps no states is named as the reason', () => {
    const broker = Object.assign(new MemoryBroker(), { states: undefined });
    expect(() => hubFor({ broker }).state('s')).toThrow(
      'Invalid state s: this broker keeps no states. Pass the option load',
    );
  });
});

describe('by command', () => {
  test('a client subscribes to a state as to a topic, with the keys that it is given', async () => {
    const hub = hubFor();
    const state = hub.state<number>('votes');
    await state.set('a', 1);
    await state.set('b', 2);
    const pair = await open();
    const handle = hub.commands(pair.socket, (name) =>
      name === 'all' ? state : { state, keys: (key: string) => key === 'a' },
    );
    pair.socket.on('message', (data) => void handle(data));
    const mirror = await mirrorOf(pair);
    pair.client.send('{"subscribe":"some"}');
    await expect.poll(() => mirror.position).toBeDefined();
    await expect.poll(() => Object.fromEntries(mirror.entries)).toEqual({ a: 1 });
    pair.client.send(JSON.stringify({ subscribe: 'all', since: mirror.position }));
    await expect.poll(() => mirror.recovered).toBe(true);
    pair.client.send('{"unsubscribe":"all"}');
    await state.set('a', 5);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(mirror.entries.get('a')).toBe(1);
  });

  test('topicsOf() names topics alone, and a socket that closes leaves its states', async () => {
    const hub = hubFor();
    const state = hub.state('votes');
    const { client, socket } = await open();
    await state.subscribe(socket);
    const topic = hub.topic('news');
    await topic.subscribe(socket);
    expect(hub.topicsOf(socket)).toEqual([topic]);
    expect(state.isInUse).toBe(true);
    client.close(1000);
    await socket.closed;
    await expect.poll(() => state.isInUse).toBe(false);
  });
});

import { subscribe as watch, unsubscribe as unwatch } from 'node:diagnostics_channel';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createHub, MemoryBroker, MemoryBus, type Hub, type HubOptions, type Topic } from '../src/index.ts';
import { SocketServer, type Pair } from '@turnout/test-kit/socket-server';

function hubFor(options: HubOptions = {}): Hub {
  const hub = createHub(options);
  onTestFinished(() => hub.close());
  return hub;
}

describe('a topic', () => {
  test('delivers text and bytes to its subscribers', async () => {
    const topic = hubFor().topic('news');
    const server = new SocketServer();
    const [one, two, stranger] = await server.openMany(3);
    expect(await topic.subscribe(one!.socket)).toEqual({ recovered: false });
    await topic.subscribe(two!.socket);
    expect(topic.size).toBe(2);
    expect(await topic.publish('text')).toBe(true);
    await topic.publish(Uint8Array.of(1, 2));
    for (const { client } of [one!, two!]) {
      await client.expect('text');
      await client.expect(Buffer.from([1, 2]));
    }
    await stranger!.client.expectNothing();
    expect(topic.counts).toEqual({ messages: 2, dropped: 0 });
  });

  test('delivers messages of a hub that shares the bus', async () => {
    const bus = new MemoryBus();
    const [here, there] = [new MemoryBroker(bus), new MemoryBroker(bus)].map((broker) => hubFor({ broker }));
    const { client, socket } = await new SocketServer().open();
    await here!.topic('news').subscribe(socket);
    await there!.topic('news').publish('from there');
    await client.expect('from there');
  });

  test('does not deliver to the excepted socket', async () => {
    const topic = hubFor().topic('news');
    const [one, two] = await new SocketServer().openMany(2);
    await topic.subscribe(one!.socket);
    await topic.subscribe(two!.socket);
    await topic.publish('hello', { except: one!.socket });
    await two!.client.expect('hello');
    await topic.publish('all');
    await one!.client.expect('all');
  });

  test('delivers nothing to a socket that has unsubscribed, even in the same turn, or has closed', async () => {
    const hub = hubFor();
    const topic = hub.topic('news');
    const [one, two] = await new SocketServer().openMany(2);
    await topic.subscribe(one!.socket);
    await topic.subscribe(two!.socket);
    expect(topic.unsubscribe(one!.socket)).toBe(true);
    expect(topic.unsubscribe(one!.socket)).toBe(false);
    await topic.publish('hello');
    await one!.client.expectNothing();
    two!.client.close(1000);
    await two!.socket.closed;
    expect([topic.size, hub.topicsOf(two!.socket)]).toEqual([0, []]);
    expect(await topic.subscribe(two!.socket)).toBeNull();
  });

  test('delivers each message once after a repeated subscription', async () => {
    const topic = hubFor().topic('news');
    const { client, socket } = await new SocketServer().open();
    await topic.subscribe(socket);
    await topic.subscribe(socket);
    await topic.publish('once');
    await client.expect('once');
    await client.expectNothing();
  });

  test('is not subscribed to if the socket unsubscribed in the meantime', async () => {
    const topic = hubFor().topic('news');
    const { client, socket } = await new SocketServer().open();
    const subscribed = topic.subscribe(socket);
    topic.unsubscribe(socket);
    expect(await subscribed).toBeNull();
    await topic.publish('hello');
    await client.expectNothing();
  });

  test.each(['__proto__', 'constructor', '*', 'a:b', 'room[*]?', 'a.b.>', ' ', '😀'.repeat(64), 'x'.repeat(256)])(
    'named %j is distinct from all others',
    async (name) => {
      const hub = hubFor();
      const [own, other] = await new SocketServer().openMany(2);
      await hub.topic(name).subscribe(own!.socket);
      await hub.topic('room').subscribe(other!.socket);
      await hub.topic(`${name.slice(0, 100)}!`).subscribe(other!.socket);
      await hub.topic(name).publish('hello');
      await own!.client.expect('hello');
      await other!.client.expectNothing(10);
    },
  );

  test.each([
    ['', 'a string that is not empty'],
    [7 as never, 'got number'],
    ['a\nb', 'control characters'],
    ['a\0b', 'control characters'],
    ['\ud800', 'not well-formed Unicode'],
    ['x'.repeat(257), 'it has 257 bytes, more than 256'],
  ])('cannot be named %j', (name, problem) => {
    expect(() => hubFor().topic(name)).toThrow(problem);
  });

  test('throws immediately on a message that is neither text nor bytes, or not JSON where JSON is required', () => {
    const topic = hubFor().topic('news');
    expect(() => topic.publish(7 as never)).toThrow('Invalid message of topic news: expected text or bytes');
    const json = hubFor().topic('news', { envelope: true });
    expect(() => json.publish('{')).toThrow(
      'Invalid message of topic news: expected JSON because the topic has an envelope',
    );
    expect(() => json.publish([1] as never)).toThrow('got object');
  });

  test('sends what onSubscribed sends first, with nothing lost or duplicated in between', async () => {
    const topic = hubFor().topic('count');
    let count = 0;
    let isCounting = true;
    const counting = (async () => {
      while (isCounting) {
        await topic.publish(String(++count));
        if (count % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    for (const { client, socket } of await new SocketServer().openMany(3)) {
      await topic.subscribe(socket, { onSubscribed: () => void socket.send(`snapshot ${count}`) });
      let next = Number(/^snapshot (\d+)$/.exec(String(await client.next()))![1]);
      for (let index = 0; index < 50; index++) await client.expect(String(++next));
    }
    isCounting = false;
    await counting;
  });

  test('lets a person leave immediately if requested, and otherwise after the delay', async () => {
    const topic = hubFor().topic('room', { presence: { leaveDelay: 60_000 } });
    const [ann, bob, cid] = await new SocketServer().openMany(3);
    const unfollow = topic.follow();
    for (const [id, { socket }] of Object.entries({ ann: ann!, bob: bob!, cid: cid! })) {
      await topic.subscribe(socket, { person: { id } });
    }
    topic.unsubscribe(ann!.socket, { atOnce: true });
    topic.unsubscribe(bob!.socket);
    expect(topic.people().map(({ id }) => id)).toEqual(['bob', 'cid']);
    unfollow();
  });

  test('puts its name into each envelope', async () => {
    const topic = hubFor().topic('a"b', { envelope: true });
    const { client, socket } = await new SocketServer().open();
    await topic.subscribe(socket);
    await client.expect({ topic: 'a"b', subscribed: { recovered: false } });
    await topic.publish('{"x":1}');
    await client.expect('{"topic":"a\\"b","data":{"x":1}}');
  });
});

describe('a hub', () => {
  test('has one topic per name, as long as somebody references it', () => {
    const hub = hubFor();
    const topic = hub.topic('news', { slow: 'latest' });
    expect(hub.topic('news', { slow: 'latest', envelope: false })).toBe(topic);
    expect(() => hub.topic('news')).toThrow('Invalid options: topic news already exists with different options');
  });

  test('keeps a topic with listeners, and drops one that is not used', async () => {
    const hub = hubFor();
    const { socket } = await new SocketServer().open();
    const listener = (): void => {};
    const kept = new WeakRef(hub.topic('kept', { presence: true }).on('join', listener));
    const followed = new WeakRef(hub.topic('followed'));
    const unfollow = followed.deref()!.follow();
    await hub.topic('used', { slow: 'latest' }).subscribe(socket);
    const idle = new WeakRef(hub.topic('idle'));
    const collected = async (): Promise<void> => {
      await new Promise((resolve) => setImmediate(resolve));
      globalThis.gc?.();
    };
    await collected();
    expect(hub.topic('kept', { presence: true })).toBe(kept.deref());
    expect(hub.topic('followed')).toBe(followed.deref());
    expect(hub.topic('used', { slow: 'latest' }).options.slow).toBe('latest');
    kept.deref()!.off('join', listener);
    unfollow();
    unfollow();
    hub.topic('used', { slow: 'latest' }).unsubscribe(socket);
    expect(kept.deref()!.isInUse || followed.deref()!.isInUse || hub.topic('used', { slow: 'latest' }).isInUse).toBe(
      false,
    );
    expect(idle).toBeDefined();
  });

  test('limits the topics of one socket', async () => {
    const hub = hubFor({ maxTopicsPerSocket: 2 });
    const { socket } = await new SocketServer().open();
    await hub.topic('a').subscribe(socket);
    await hub.topic('b').subscribe(socket);
    await expect(hub.topic('c').subscribe(socket)).rejects.toThrow(
      'Cannot subscribe: the socket has 2 topics already (maxTopicsPerSocket)',
    );
    expect(hub.topicsOf(socket).map(({ name }) => name)).toEqual(['a', 'b']);
  });

  test('sends nothing more once it is closed, and leaves the sockets open', async () => {
    const hub = createHub();
    const topic = hub.topic('news', { presence: true });
    const { client, socket } = await new SocketServer().open();
    await topic.subscribe(socket, { person: { id: 'ann' } });
    await hub.close();
    await hub.close();
    expect(hub.isConnected).toBe(false);
    await expect(topic.publish('late')).rejects.toMatchObject({ code: 'TOPIC_ERR_CLOSED' });
    await client.expectNothing();
    expect(() => hub.topic('news')).toThrow('The hub is closed');
    expect(socket.readyState).toBe(socket.OPEN);
  });

  test('emits no delayed leave once it is closed', async () => {
    const hub = createHub();
    const left: string[] = [];
    const topic = hub.topic('room', { presence: { leaveDelay: 20 } }).on('leave', ({ id }) => left.push(id));
    topic.follow();
    const { socket } = await new SocketServer().open();
    await topic.subscribe(socket, { person: { id: 'ann' } });
    topic.unsubscribe(socket);
    await hub.close();
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect([left, topic.people()]).toEqual([[], []]);
  });

  test('sends text to other nodes over a link', async () => {
    const bus = new MemoryBus();
    const [here, there] = [new MemoryBroker(bus), new MemoryBroker(bus)].map((broker) => hubFor({ broker }));
    const told: string[] = [];
    here!.link('users', (text) => told.push(`here ${text}`));
    const send = there!.link('users', (text) => told.push(`there ${text}`));
    await send('bye');
    expect(told).toEqual(['here bye', 'there bye']);
  });
});

describe('a slow subscriber', () => {
  const text = (index: number): string => String(index).padEnd(1_000, '.');

  /**
   * More than the socket accepts before it returns `false`, and a little more; the reader continues once all is
   * published.
   */
  async function publishTo(options: Parameters<Hub['topic']>[1], publish: (topic: Topic) => Promise<void>) {
    const hub = hubFor();
    const topic = hub.topic('news', options);
    const { client, socket } = await new SocketServer({ highWaterMark: 2_000 }).open();
    await topic.subscribe(socket);
    client.throttle(0);
    await publish(topic);
    client.throttle(Infinity);
    await topic.publish('end', { key: 'end' });
    const received: string[] = [];
    for (let message = ''; message !== 'end';) {
      message = String(await client.next());
      received.push(message.slice(0, 4).replace(/\.+$/, ''));
    }
    return { received, topic, socket };
  }

  async function publishMany(
    topic: Topic,
    keyOf: (index: number) => string | undefined = () => undefined,
  ): Promise<void> {
    for (let index = 0; index < 400; index++) {
      await topic.publish(text(index), { key: keyOf(index) });
      if (index % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  test('loses the oldest messages with drop-oldest', async () => {
    const { received, topic } = await publishTo({ slow: 'drop-oldest', maxQueuedBytes: 5_000 }, publishMany);
    expect(received.slice(-5)).toEqual(['396', '397', '398', '399', 'end'].slice(-5));
    expect(received.length - 1 + topic.counts.dropped).toBe(400);
    expect(topic.counts.dropped).toBeGreaterThan(0);
  });

  test('loses the newest messages with drop-newest, which a diagnostics channel reports', async () => {
    const drops: unknown[] = [];
    const onDrop = (drop: unknown): void => void drops.push(drop);
    watch('turnout:drop', onDrop);
    onTestFinished(() => void unwatch('turnout:drop', onDrop));
    const { received, topic, socket } = await publishTo({ slow: 'drop-newest', maxQueuedBytes: 5_000 }, publishMany);
    expect(received[0]).toBe('0');
    expect(received).not.toContain('399');
    expect(drops).toContainEqual({ socket, topic: 'news', count: 1 });
    expect(drops.length).toBe(topic.counts.dropped);
  });

  test('receives the newest message of each key with latest', async () => {
    const { received } = await publishTo({ slow: 'latest' }, (topic) => publishMany(topic, (index) => `k${index % 3}`));
    expect(received.slice(-4)).toEqual(['397', '398', '399', 'end']);
    expect(received.length).toBeLessThan(400);
  });

  test('has at most maxQueuedBytes queued, whatever the keys, and no longer message', async () => {
    const { received } = await publishTo({ slow: 'latest', maxQueuedBytes: 3_500 }, async (topic) => {
      await publishMany(topic, String);
      await topic.publish('x'.repeat(4_000), { key: 'long' });
    });
    expect(received.slice(-4)).toEqual(['397', '398', '399', 'end']);
    const { received: oldest } = await publishTo({ slow: 'drop-oldest', maxQueuedBytes: 3_500 }, async (topic) => {
      await publishMany(topic);
      await topic.publish('x'.repeat(4_000));
    });
    expect(oldest.at(-2)).toBe('399');
  });

  test('has at most maxTotalQueuedBytes queued together with all others, and again as much once that is sent', async () => {
    const hub = hubFor({ maxTotalQueuedBytes: 6_000 });
    const topic = hub.topic('news', { slow: 'drop-newest', maxQueuedBytes: 5_000 });
    const server = new SocketServer({ highWaterMark: 2_000 });
    const follow = async (): Promise<{ pair: Pair; texts: string[] }> => {
      const pair = await server.open();
      const texts: string[] = [];
      pair.client.socket.on('message', (data) => texts.push(String(data)));
      await topic.subscribe(pair.socket);
      pair.client.throttle(0);
      return { pair, texts };
    };
    const one = await follow();
    await publishMany(topic);
    const two = await follow();
    await publishMany(topic);
    for (const { pair } of [one, two]) pair.client.throttle(Infinity);
    await expect.poll(() => one.texts.length + two.texts.length).toBe(1_200 - topic.counts.dropped);
    // One had its 5,000, and the other the rest.
    expect(one.texts.length - two.texts.length).toBe(4);
    one.pair.client.throttle(0);
    await publishMany(topic);
    one.pair.socket.terminate();
    two.pair.socket.terminate();
    const three = await follow();
    await publishMany(topic);
    three.pair.client.throttle(Infinity);
    await expect.poll(() => three.texts.length).toBe(one.texts.length);
  });

  test('that accepts nothing is closed with 1013 by its socket with close, and others miss nothing', async () => {
    const hub = hubFor();
    const topic = hub.topic('news');
    const [slow, other] = await new SocketServer({ sendTimeout: 100 }).openMany(2);
    await topic.subscribe(slow!.socket);
    await topic.subscribe(other!.socket);
    slow!.client.throttle(0);
    await publishMany(topic);
    expect((await slow!.socket.closed).code).toBe(1013);
    for (let index = 0; index < 400; index++) expect(String(await other!.client.next())).toBe(text(index));
    expect(topic.size).toBe(1);
  });

  test('that is behind for 10 s with more than maxQueuedBytes is closed with 1013, but not for a burst', async () => {
    const clock = vi.spyOn(performance, 'now').mockReturnValue(1_000);
    onTestFinished(() => clock.mockRestore());
    const topic = hubFor().topic('news', { maxQueuedBytes: 20_000 });
    const [slow] = await new SocketServer({ highWaterMark: 1_000, closeTimeout: 50 }).openMany(1);
    await topic.subscribe(slow!.socket);
    slow!.client.throttle(0);
    await publishMany(topic);
    expect(slow!.socket.bufferedAmount).toBeGreaterThan(20_000);
    clock.mockReturnValue(10_999);
    await topic.publish(text(0));
    expect(slow!.socket.readyState).toBe(slow!.socket.OPEN);
    clock.mockReturnValue(11_000);
    await topic.publish(text(0));
    expect(slow!.socket.readyState).toBe(slow!.socket.CLOSING);
    slow!.client.throttle(Infinity);
    await expect.poll(() => topic.size).toBe(0);
  });

  test('that catches up in between is not closed', async () => {
    const clock = vi.spyOn(performance, 'now').mockReturnValue(1_000);
    onTestFinished(() => clock.mockRestore());
    const topic = hubFor().topic('news', { maxQueuedBytes: 20_000 });
    const [slow] = await new SocketServer({ highWaterMark: 10_000 }).openMany(1);
    await topic.subscribe(slow!.socket);
    for (const now of [1_000, 20_000]) {
      clock.mockReturnValue(now);
      slow!.client.throttle(0);
      await publishMany(topic);
      slow!.client.throttle(Infinity);
      expect(await slow!.socket.drained()).toBe(true);
      await topic.publish(text(0));
    }
    expect(slow!.socket.readyState).toBe(slow!.socket.OPEN);
  });
});

import { AsyncLocalStorage } from 'node:async_hooks';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { connect, WebSocket, type AcceptOptions } from '@turnout/core';
import { createPair, createPipe, settle, TestServer } from './socket-pair.ts';

const servers: TestServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

async function listen(options: AcceptOptions = {}): Promise<TestServer> {
  const server = await new TestServer(options).listen();
  servers.push(server);
  return server;
}

/** Keeps the CPU busy, like a slow handler. */
function work(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

describe('a socket that floods', () => {
  test.each(['listeners', 'receive()'] as const)(
    'lets others be served between its messages, read by %s',
    async (reader) => {
      const server = await listen();
      const { server: flooded, client: flooder } = await server.open();
      const { server: quiet, client: bystander } = await server.open();
      let handled = 0;
      const handle = (): void => {
        work(0.5);
        handled++;
      };
      if (reader === 'listeners') flooded.on('message', handle);
      else
        void (async () => {
          for await (const _message of flooded) handle();
        })();
      let handledWhenServed = -1;
      quiet.on('message', () => {
        handledWhenServed = handled;
      });
      flooder.send('first');
      await expect.poll(() => handled).toBe(1);
      for (let count = 0; count < 2_000; count++) flooder.send('flood');
      bystander.send('please');
      await expect.poll(() => handledWhenServed, { interval: 1 }).toBeGreaterThanOrEqual(0);
      expect(handledWhenServed).toBeLessThan(500);
      await expect.poll(() => handled).toBe(2_001);
    },
  );

  test('has all its messages handled in order, whatever they cost', async () => {
    const server = await listen();
    const { server: flooded, client } = await server.open();
    const received: number[] = [];
    flooded.on('message', (data) => {
      if (received.length % 50 === 0) work(6);
      received.push(Number(data));
    });
    const sent = Array.from({ length: 3_000 }, (_, index) => index);
    for (const number of sent) client.send(String(number));
    client.close(1000);
    await flooded.closed;
    expect(received).toEqual(sent);
  });

  test('shares the time with others that also flood', async () => {
    const server = await listen();
    const order: number[] = [];
    const clients = await Promise.all(Array.from({ length: 6 }, () => connect(`ws://127.0.0.1:${server.port}/`)));
    await expect.poll(() => server.sockets.length).toBe(6);
    for (const [index, socket] of server.sockets.entries()) {
      socket.on('message', () => {
        work(2);
        order.push(index);
      });
    }
    for (const client of clients) for (let count = 0; count < 50; count++) client.send('flood');
    await expect.poll(() => order.length).toBe(300);
    // None finishes before each of the others has had a fair part.
    const firstDone = Math.min(...server.sockets.map((_, index) => order.lastIndexOf(index)));
    for (const index of server.sockets.keys()) {
      expect(order.slice(0, firstDone).filter((one) => one === index).length).toBeGreaterThan(10);
    }
  });
});

test('many sockets that flood have a part of each turn together, and all get their turn', async () => {
  const inTurn: number[] = [0];
  let immediate = setImmediate(function next() {
    inTurn.push(0);
    immediate = setImmediate(next);
  });
  onTestFinished(() => clearImmediate(immediate));
  const message = Buffer.from('828100000000ff', 'hex');
  let handled = 0;
  const servers = Array.from({ length: 30 }, () => {
    const { server, serverEnd } = createPair();
    server.on('message', () => {
      work(1);
      handled++;
      inTurn[inTurn.length - 1]!++;
    });
    serverEnd.push(Buffer.alloc(message.length * 20, message));
    return server;
  });
  await expect.poll(() => handled, { interval: 1 }).toBe(600);
  // Each has begun at once; what was left of them waited for its turn.
  const [, ...later] = inTurn.filter((count) => count > 0);
  expect(Math.max(...later)).toBeLessThan(50);
  for (const server of servers) server.terminate();
});

/** This many fragments of one byte; the first begins a binary message, the last ends it. */
function fragmentsOfOneByte(count: number, { isFirst = false, isLast = false } = {}): Buffer {
  const fragments = Buffer.alloc(count * 7, Buffer.from('00810000000078', 'hex'));
  if (isFirst) fragments[0] = 0x02;
  if (isLast) fragments[(count - 1) * 7] = 0x80;
  return fragments;
}

test.each([10_000, 2_000])(
  'a socket that gets one message in fragments of a byte, %i to a chunk, is not read to its end in one turn',
  async (inChunk) => {
    const { server, serverEnd } = createPair({ maxPayload: 8 * 1024 * 1024 });
    await settle();
    const chunks = Math.ceil(500_000 / inChunk);
    for (let index = 0; index < chunks; index++) {
      serverEnd.push(fragmentsOfOneByte(inChunk, { isFirst: index === 0, isLast: index === chunks - 1 }));
    }
    expect(serverEnd.readableLength).toBeGreaterThan(0);
    expect(await server.receive()).toHaveLength(chunks * inChunk);
    server.terminate();
  },
);

/** The first part of a message, of 126 to 65,535 bytes. */
function beginning(length: number): Buffer {
  const header = Buffer.from('02fe000000000000', 'hex');
  header.writeUInt16BE(length, 2);
  return Buffer.concat([header, Buffer.alloc(length, 'x')]);
}

describe('incomplete messages', () => {
  test('have a time limit, and are then closed with 1008', async () => {
    const { server, serverEnd } = createPair({ messageTimeout: 40 });
    const errors: unknown[] = [];
    server.on('error', (error) => errors.push(error));
    serverEnd.push(beginning(200));
    const { code, reason } = await server.closed;
    expect([code, reason]).toEqual([
      1008,
      'Message too slow: not complete within messageTimeout 40 ms plus one second for each KiB',
    ]);
    expect(errors).toMatchObject([{ code: 'WS_ERR_MESSAGE_TIMEOUT' }]);
  });

  test('have no time limit if messageTimeout is Infinity, or once they are complete', async () => {
    const unlimited = createPair({ messageTimeout: Infinity });
    unlimited.serverEnd.push(beginning(200));
    const whole = createPair({ messageTimeout: 20 });
    whole.serverEnd.push(beginning(200));
    await settle();
    whole.serverEnd.push(Buffer.from('808000000000', 'hex'));
    expect(await whole.server.receive()).toHaveLength(200);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect([unlimited.server.readyState, whole.server.readyState]).toEqual([WebSocket.OPEN, WebSocket.OPEN]);
    unlimited.server.terminate();
    await settle();
  });

  test('over maxTotalIncompleteBytes close the socket that holds the most with 1013, not the one that adds', async () => {
    const limits = { maxTotalIncompleteBytes: 50_000 };
    const [much, little, adding] = [createPair(limits), createPair(limits), createPair(limits)];
    much.serverEnd.push(beginning(40_000));
    little.serverEnd.push(beginning(5_000));
    await settle();
    adding.serverEnd.push(beginning(6_000));
    const { code, reason } = await much.server.closed;
    expect(code).toBe(1013);
    // Sockets of other tests may also hold a little.
    expect(reason).toMatch(
      /^Too much held for all sockets: 5\d{4} bytes of incomplete messages, over maxTotalIncompleteBytes 50000$/,
    );
    expect([little.server.readyState, adding.server.readyState]).toEqual([WebSocket.OPEN, WebSocket.OPEN]);
    for (const { server } of [little, adding]) server.terminate();
    await settle();
  });
});

describe('unread messages', () => {
  test('over maxTotalUnreadBytes close the socket that holds the most with 1013 and a reason', async () => {
    const limits = { maxTotalUnreadBytes: 1_000_000 };
    const [much, little] = [createPair(limits), createPair(limits)];
    much.client.send(Buffer.alloc(600_000));
    little.client.send(Buffer.alloc(300_000));
    await settle();
    expect(much.server.readyState).toBe(WebSocket.OPEN);
    little.client.send(Buffer.alloc(200_000));
    const { code, reason } = await much.server.closed;
    expect(code).toBe(1013);
    expect(reason).toMatch(
      /^Too much held for all sockets: 11\d{5} bytes are unread, over maxTotalUnreadBytes 1000000$/,
    );
    expect(await much.server.receive()).toBeNull();
    expect(little.server.readyState).toBe(WebSocket.OPEN);
    // Once read, they no longer count.
    expect(await little.server.receive()).toHaveLength(300_000);
    expect(await little.server.receive()).toHaveLength(200_000);
    const other = createPair(limits);
    // Sockets of other tests may also hold a little.
    other.client.send(Buffer.alloc(700_000));
    await settle();
    expect(other.server.readyState).toBe(WebSocket.OPEN);
    for (const { server } of [little, other]) server.terminate();
    await settle();
  });
});

describe('bytes that wait for the application', () => {
  test('count for all sockets while it is asked whether to admit a message, and go with the socket', async () => {
    const open = (): { server: WebSocket; client: WebSocket; errors: unknown[] } => {
      const [end, otherEnd] = createPipe();
      const limits = { maxTotalUnreadBytes: 1_500_000 };
      const server = new WebSocket(end, { role: 'server', limits, admitMessage: () => new Promise(() => {}) });
      const errors: unknown[] = [];
      server.on('message', () => {}).on('error', (error) => errors.push(error));
      return { server, client: new WebSocket(otherEnd, { role: 'client' }), errors };
    };
    const [much, little] = [open(), open()];
    much.client.send(Buffer.alloc(1_000_000));
    await settle();
    little.client.send(Buffer.alloc(800_000));
    expect((await much.server.closed).code).toBe(1013);
    expect(much.errors).toMatchObject([{ code: 'WS_ERR_TOO_MUCH_UNREAD' }]);
    expect(little.server.readyState).toBe(WebSocket.OPEN);
    little.server.terminate();
    await settle();
  });

  test.each(['paused', 'behind a slow reader'] as const)(
    'count for all sockets though they are not read as messages yet: of a socket %s',
    async (how) => {
      const open = async (): Promise<{ server: WebSocket; fill: (messages: number) => Promise<void> }> => {
        const { server, serverEnd } = createPair({ maxTotalUnreadBytes: 60_000 });
        if (how === 'paused') server.once('message', () => server.pause());
        else void server.receive();
        const message = Buffer.from('828100000000ff', 'hex');
        return {
          server,
          fill: async (messages) => {
            serverEnd.push(Buffer.alloc(messages * message.length, message));
            await settle();
          },
        };
      };
      const [much, little] = [await open(), await open()];
      if (how === 'behind a slow reader') {
        for (const { server, fill } of [much, little]) {
          await fill(2);
          await server.receive();
        }
      }
      await much.fill(6_000);
      await little.fill(5_000);
      expect((await much.server.closed).code).toBe(1013);
      expect(little.server.readyState).toBe(WebSocket.OPEN);
      little.server.terminate();
      await settle();
    },
  );
});

describe('a socket that has ended', () => {
  test('no longer counts, whatever is called on it', async () => {
    const limits = { maxTotalUnreadBytes: 2_000_000 };
    for (let count = 0; count < 5; count++) {
      const { server, client, serverEnd } = createPair(limits);
      client.send(Buffer.alloc(900_000));
      server.on('close', () => server.resume());
      await settle();
      serverEnd.destroy();
      await server.closed;
      await settle();
    }
    const { server, client } = createPair(limits);
    client.send(Buffer.alloc(900_000));
    await settle();
    expect(server.readyState).toBe(WebSocket.OPEN);
    server.terminate();
    await settle();
  });

  test('does not deliver a message that was waiting for admission', async () => {
    const [end, otherEnd] = createPipe();
    let admit: ((isAdmitted: boolean) => void) | undefined;
    const admitMessage = (): Promise<boolean> => new Promise((resolve) => (admit = resolve));
    const server = new WebSocket(end, { role: 'server', admitMessage });
    const seen: string[] = [];
    server.on('message', () => seen.push('message')).on('close', () => seen.push('close'));
    new WebSocket(otherEnd, { role: 'client' }).send('x');
    await expect.poll(() => admit).toBeDefined();
    end.destroy();
    await server.closed;
    admit?.(true);
    await settle();
    expect(seen).toEqual(['close']);
  });

  test('is closed as soon as the peer has answered, even if nothing was read when it failed', async () => {
    const limits = { maxTotalUnreadBytes: 1_500_000, maxUnreadBytes: 100_000, closeTimeout: Infinity };
    const { server, client } = createPair(limits);
    for (let count = 0; count < 4; count++) client.send(Buffer.alloc(900_000));
    await settle();
    const other = createPair(limits);
    other.client.send(Buffer.alloc(800_000));
    other.client.send(Buffer.alloc(800_000));
    await expect.poll(() => [server.readyState, other.server.readyState].includes(WebSocket.CLOSED)).toBe(true);
    for (const socket of [server, other.server]) socket.terminate();
    await settle();
  });
});

test('a socket whose peer has already closed only loses its messages', async () => {
  const limits = { maxTotalUnreadBytes: 1_500_000 };
  const { server, client, serverEnd } = createPair(limits);
  const errors: unknown[] = [];
  server.on('error', (error) => errors.push(error));
  client.send(Buffer.alloc(900_000));
  await settle();
  serverEnd.isStalled = true;
  client.close(1000);
  await settle();
  const other = createPair(limits);
  other.client.send(Buffer.alloc(800_000));
  await settle();
  serverEnd.release();
  expect((await server.closed).code).toBe(1000);
  expect([errors, await server.receive(), other.server.readyState]).toEqual([[], null, WebSocket.OPEN]);
  other.server.terminate();
  await settle();
});

describe('close()', () => {
  test.each(['in a listener', 'while paused', 'behind a slow reader'] as const)(
    'keeps messages of the same chunk readable, %s',
    async (when) => {
      const { server, serverEnd } = createPair();
      const received: string[] = [];
      const frames = Array.from({ length: 40 }, (_, index) =>
        Buffer.concat([Buffer.from('818200000000', 'hex'), Buffer.from(String(index).padStart(2, '0'))]),
      );
      if (when === 'behind a slow reader') {
        const first = server.receive();
        serverEnd.push(Buffer.concat(frames));
        received.push(String(await first));
        await settle();
        server.close(1000);
        for await (const message of server) received.push(String(message));
      } else {
        server.on('message', (data) => {
          received.push(String(data));
          if (received.length > 1) return;
          if (when === 'while paused') server.pause();
          else server.close(1000);
        });
        serverEnd.push(Buffer.concat(frames));
        await settle();
        if (when === 'while paused') server.close(1000);
        await settle();
      }
      expect(received).toEqual(Array.from({ length: 40 }, (_, index) => String(index).padStart(2, '0')));
      server.terminate();
    },
  );
});

describe('the asynchronous context of the upgrade', () => {
  test('is available in every listener and callback, whatever else uses the event loop', async () => {
    const storage = new AsyncLocalStorage<string>();
    const [end, otherEnd] = createPipe();
    const server = storage.run('upgrade', () => new WebSocket(end, { role: 'server' }));
    const seen: string[] = [];
    const note = (what: string) => (): void => {
      seen.push(`${what}: ${storage.getStore()}`);
    };
    server.on('message', note('message')).on('ping', note('ping')).on('pong', note('pong'));
    server.on('close', note('close')).on('drain', note('drain'));
    server.addEventListener('message', note('addEventListener'));
    const client = storage.run('somebody else', () => new WebSocket(otherEnd, { role: 'client' }));
    await storage.run('somebody else', async () => {
      client.send('hello');
      client.ping();
      end.isStalled = true;
      server.send(Buffer.alloc(70_000), note('callback'));
      server.ping();
      await settle();
      end.release();
      await settle();
      client.close(1000);
      await server.closed;
    });
    const names = ['message', 'addEventListener', 'ping', 'callback', 'drain', 'pong', 'close'];
    expect(new Set(seen)).toEqual(new Set(names.map((name) => `${name}: upgrade`)));
    storage.disable();
  });
});

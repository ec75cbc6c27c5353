import { connect } from '@turnout/core';
import { describe, expect, test } from 'vitest';
import { createRouter, serveRouter } from '@turnout/test-kit/serve-router';
import { RawClient, formatHandshake, statusOf } from '@turnout/test-kit/raw-client';

describe('close()', () => {
  test('closes every socket with 1001, resolves when the last has closed, and refuses new upgrades', async () => {
    const { url, port, router, server } = await serveRouter((app) => void app.ws('/', () => {}));
    const sockets = await Promise.all([connect(url), connect(url), connect(url)]);
    await expect.poll(() => router.sockets.size).toBe(3);
    const closed = router.close();
    expect(await Promise.all(sockets.map((socket) => socket.closed))).toMatchObject(
      Array.from({ length: 3 }, () => ({ code: 1001, wasClean: true })),
    );
    await closed;
    expect([router.sockets.size, server.listening]).toEqual([0, true]);
    const answer = await RawClient.exchange(port, formatHandshake());
    expect(statusOf(answer)).toBe(503);
    expect(answer).toMatch(/Retry-After: \d+\r\n/);
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(426);
  });

  test('closes with the given code, and a second call waits for the first', async () => {
    const { url, router } = await serveRouter((app) => void app.ws('/', () => {}));
    const socket = await connect(url);
    await expect.poll(() => router.sockets.size).toBe(1);
    const first = router.close({ code: 1012, timeout: Infinity });
    expect(router.close({ code: 1000 })).toBe(first);
    expect(await socket.closed).toMatchObject({ code: 1012 });
    await first;
  });

  test('cuts off a client that does not complete the closing handshake, and a response that does not end', async () => {
    const { port, router } = await serveRouter((app) => {
      app.ws('/', () => {});
      app.ws(
        '/begun',
        (_request, response) => void response.write('begun'),
        () => {},
      );
    });
    const silent = await RawClient.open(port);
    await silent.write(formatHandshake()).until('\r\n\r\n');
    const begun = await RawClient.open(port);
    await begun.write(formatHandshake({ target: '/begun' })).until('begun');
    await router.close({ timeout: 20 });
    expect(router.sockets.size).toBe(0);
    await Promise.all([silent.untilEnd(), begun.untilEnd()]);
  });

  test('resolves at once if nothing is open', async () => {
    await createRouter().close({ timeout: 0 });
  });

  test('refuses pending upgrades, and closes those that are being accepted', async () => {
    let letPass: (() => void) | undefined;
    let letEnd: (() => void) | undefined;
    let handled = 0;
    const { port, router, url } = await serveRouter((app) => {
      app.ws(
        '/pending',
        (_request, _response, next) => {
          letPass = next;
        },
        () => handled++,
      );
      app.ws(
        '/accepting',
        (_request, response, next) => {
          const end = response.end.bind(response);
          response.end = () => {
            letEnd = end;
            return response;
          };
          next();
        },
        () => handled++,
      );
    });
    const pending = await RawClient.open(port);
    pending.write(formatHandshake({ target: '/pending' }));
    const accepting = connect(`${url}/accepting`);
    await expect.poll(() => letPass !== undefined && letEnd !== undefined).toBe(true);
    const closed = router.close({ code: 1012 });
    expect(statusOf(await pending.untilEnd())).toBe(503);
    letPass!();
    letEnd!();
    expect(await (await accepting).closed).toMatchObject({ code: 1012 });
    await closed;
    expect(handled).toBe(0);
  });

  test.each([0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 1000.5, NaN])('refuses code %d', (code) => {
    expect(() => createRouter().close({ code })).toThrow(RangeError);
  });

  test.each([-1, NaN, 2 ** 31])('refuses timeout %d', (timeout) => {
    expect(() => createRouter().close({ timeout })).toThrow(RangeError);
  });

  test.each([1000, 1003, 1007, 1014, 3000, 4999])('accepts code %d', async (code) => {
    await createRouter().close({ code });
  });
});

describe('close() over a window', () => {
  test('closes the sockets a few at a time', async () => {
    const { url, router } = await serveRouter((app) => void app.ws('/', () => {}));
    const sockets = await Promise.all(Array.from({ length: 40 }, () => connect(url)));
    await expect.poll(() => router.sockets.size).toBe(40);
    const order: number[] = [];
    sockets.forEach((socket, index) => socket.on('close', (code) => order.push(code === 1012 ? index : -1)));
    const closed = router.close({ code: 1012, window: 400 });
    await expect.poll(() => order.length > 0).toBe(true);
    // Only the first part: closing all at once would close them all.
    expect(order.length).toBeLessThan(40);
    await closed;
    await expect.poll(() => order.length).toBe(40);
    expect(order.toSorted((one, other) => one - other)).toEqual(Array.from({ length: 40 }, (_, index) => index));
  });

  test('cuts off the remaining sockets after window and timeout', async () => {
    const { port, router } = await serveRouter((app) => void app.ws('/', () => {}));
    const silent = await RawClient.open(port);
    await silent.write(formatHandshake()).until('\r\n\r\n');
    await router.close({ window: 60, timeout: 20 });
    expect(router.sockets.size).toBe(0);
    silent.reset();
  });

  test('cuts no socket off early if window and timeout together exceed the longest timer', async () => {
    const { url, router } = await serveRouter((app) => void app.ws('/', () => {}));
    const sockets = await Promise.all([connect(url), connect(url)]);
    await expect.poll(() => router.sockets.size).toBe(2);
    const closed = router.close({ code: 1012, window: 2 ** 31 - 1, timeout: 5_000 });
    await expect.poll(() => router.sockets.size).toBe(1);
    // Longer than 1 ms, to which Node.js clamps a timer that is too long.
    await new Promise((resolve) => setTimeout(resolve, 50));
    const last = sockets.find(({ readyState, OPEN }) => readyState === OPEN);
    expect(last).toBeDefined();
    last?.close();
    await closed;
  });

  test('refuses invalid times', () => {
    const router = createRouter();
    expect(() => router.close({ window: -1 })).toThrow(
      'Invalid option window: expected a whole number of 0 to 2147483647 ms, got -1',
    );
    expect(() => router.close({ window: Infinity })).toThrow(RangeError);
  });
});

describe('close() and handlers', () => {
  test('waits for running handlers', async () => {
    let finish: (() => void) | undefined;
    const { url, router } = await serveRouter((app) => {
      app.ws('/', () => new Promise<void>((resolve) => (finish = resolve)));
    });
    const socket = await connect(url);
    await expect.poll(() => finish !== undefined).toBe(true);
    let isClosed = false;
    const closed = router.close({ timeout: Infinity }).then(() => (isClosed = true));
    await socket.closed;
    await expect.poll(() => router.sockets.size).toBe(0);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(isClosed).toBe(false);
    finish!();
    await closed;
  });

  test('does not wait for a handler that never returns once the timeout is over', async () => {
    const { url, router } = await serveRouter((app) => void app.ws('/', () => new Promise(() => {})));
    await connect(url);
    await expect.poll(() => router.sockets.size).toBe(1);
    await router.close({ timeout: 20 });
    expect(router.sockets.size).toBe(0);
  });
});

describe('close() and server.close()', () => {
  test.each(['before', 'after'])('work together if the router closes %s the server', async (order) => {
    const { url, router, server } = await serveRouter((app) => void app.ws('/', () => {}));
    const socket = await connect(url);
    await expect.poll(() => router.sockets.size).toBe(1);
    const isServerClosed = new Promise<void>((resolve) => {
      if (order === 'after') server.close(() => resolve());
      void router.close().then(() => order === 'before' && server.close(() => resolve()));
    });
    expect((await socket.closed).code).toBe(1001);
    await isServerClosed;
  });
});

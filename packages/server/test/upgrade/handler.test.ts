import { AsyncLocalStorage } from 'node:async_hooks';
import { EventEmitter, once } from 'node:events';
import { connect } from '@turnout/core';
import type { WebSocket } from '@turnout/core';
import { createRouter, serveRouter } from '@turnout/test-kit/serve-router';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { ErrorContext } from '../../src/index.ts';

interface Report {
  readonly error: unknown;
  readonly context: ErrorContext;
}

/** Runs a failing handler; returns what its client and the error hook see. */
async function fail(handler: (socket: WebSocket) => unknown): Promise<{ code: number; reports: Report[] }> {
  const reports: Report[] = [];
  const { url, router } = await serveRouter((app) => void app.ws('/', handler), {
    onError: (error, context) => reports.push({ error, context }),
  });
  const socket = await connect(url);
  socket.send('hello');
  const { code } = await socket.closed;
  await expect.poll(() => router.sockets.size).toBe(0);
  return { code, reports };
}

describe('a handler', () => {
  test.each<[string, (socket: WebSocket) => unknown]>([
    [
      'throws',
      () => {
        throw new Error('Broken');
      },
    ],
    ['rejects', () => Promise.reject(new Error('Broken'))],
    [
      'rejects after a while',
      async () => {
        await new Promise((resolve) => setImmediate(resolve));
        throw new Error('Broken');
      },
    ],
  ])('that %s has its socket closed with 1011 and its error reported once', async (_name, handler) => {
    const { code, reports } = await fail(handler);
    expect(code).toBe(1011);
    expect(reports).toMatchObject([{ error: { message: 'Broken' }, context: { phase: 'open' } }]);
    expect(reports[0]!.context.socket?.readyState).toBe(3);
    expect(reports[0]!.context.request.url).toBe('/');
  });

  test('runs in the asynchronous context of its middleware, though the answer is sent from another one', async () => {
    const storage = new AsyncLocalStorage<string>();
    onTestFinished(() => storage.disable());
    // As a session store whose callbacks run in the context of its own connection.
    const store = new EventEmitter();
    const { url } = await serveRouter((router) => {
      router.use((_request, _response, next) => storage.run('here', next));
      router.use((_request, response, next) => {
        const end = response.end.bind(response) as () => typeof response;
        response.end = (() => {
          store.once('saved', end);
          store.emit('saving');
          return response;
        }) as typeof response.end;
        next();
      });
      router.ws('/', (socket) => {
        socket.send(String(storage.getStore()));
        socket.on('message', () => socket.send(String(storage.getStore())));
      });
    });
    const [socket] = await Promise.all([
      connect(url),
      once(store, 'saving').then(() => storage.run('elsewhere', () => store.emit('saved'))),
    ]);
    socket.send('hello');
    expect([await socket.receive(), await socket.receive()]).toEqual(['here', 'here']);
  });

  test.each<[string, (socket: WebSocket) => unknown]>([
    [
      'throws',
      (socket) =>
        socket.on('message', () => {
          throw new Error('Broken');
        }),
    ],
    ['rejects', (socket) => socket.on('message', () => Promise.reject(new Error('Broken')))],
  ])('whose listener %s is reported with the phase and the request', async (_name, handler) => {
    const { code, reports } = await fail(handler);
    expect(code).toBe(1011);
    expect(reports).toMatchObject([
      { error: { message: 'Broken' }, context: { phase: 'message', request: { url: '/' } } },
    ]);
  });

  test('that fails does not affect other sockets', async () => {
    const { url } = await serveRouter((router) => {
      router.ws('/echo', (socket) => {
        socket.on('message', (data) => socket.send(data.toString()));
      });
      router.ws('/fail', () => {
        throw new Error('Broken');
      });
    });
    const bystander = await connect(`${url}/echo`);
    const socket = await connect(`${url}/fail`);
    expect(await socket.closed).toMatchObject({ code: 1011 });
    bystander.send('still here');
    expect(await bystander.receive()).toBe('still here');
    bystander.terminate();
  });

  test('uses the limits of its route, then those of the app', async () => {
    const { url } = await serveRouter(
      (router) => {
        router.ws('/small', { maxPayload: 4 }, (socket) => {
          socket.on('message', (data) => socket.send(data.toString()));
        });
        router.ws('/app', (socket) => {
          socket.on('message', (data) => socket.send(data.toString()));
        });
      },
      { maxPayload: 8 },
    );
    const codes: number[] = [];
    for (const [path, text] of [
      ['/small', '12345'],
      ['/app', '123456789'],
    ]) {
      const socket = await connect(url + path!);
      socket.send(text!);
      codes.push((await socket.closed).code);
    }
    const socket = await connect(`${url}/app`);
    socket.send('12345678');
    expect([codes, await socket.receive()]).toEqual([[1009, 1009], '12345678']);
    socket.terminate();
  });
});

describe('an error', () => {
  test('is printed without a hook', async () => {
    const print = vi.spyOn(console, 'error').mockImplementation(() => {});
    try {
      const { url } = await serveRouter((router) => void router.ws('/', () => Promise.reject(new Error('Broken'))), {
        onError: undefined,
      });
      const socket = await connect(url);
      expect(await socket.closed).toMatchObject({ code: 1011 });
      expect(print.mock.calls).toMatchObject([[{ message: 'Broken' }]]);
    } finally {
      print.mockRestore();
    }
  });

  test('of the hook itself is printed, and closes only the socket', async () => {
    const print = vi.spyOn(console, 'error').mockImplementation(() => {});
    try {
      const { url } = await serveRouter((router) => void router.ws('/', () => Promise.reject(new Error('Broken'))), {
        onError: () => {
          throw new Error('Hook');
        },
      });
      const socket = await connect(url);
      expect(await socket.closed).toMatchObject({ code: 1011 });
      expect(print.mock.calls).toMatchObject([[{ message: 'Hook' }]]);
    } finally {
      print.mockRestore();
    }
  });
});

describe('ws()', () => {
  const router = createRouter();
  const noop = (): void => {};

  test.each<[string, unknown[], string]>([
    ['no handler', [], 'Invalid handler of WebSocket route /a: expected a function, got none'],
    ['options alone', [{}], 'Invalid handler of WebSocket route /a: expected a function, got none'],
    ['a string', ['x'], 'Invalid handler of WebSocket route /a: expected a function, got string'],
    ['undefined', [noop, undefined], 'Invalid handler of WebSocket route /a: expected a function, got undefined'],
    [
      'options in the middle',
      [noop, {}, noop],
      'Invalid handler of WebSocket route /a: expected a function, got object',
    ],
    ['an invalid limit', [{ maxPayload: '1mb' }, noop], 'Invalid option maxPayload: expected a number, got string'],
    [
      'invalid protocols',
      [{ protocols: 'chat' }, noop],
      'Invalid option protocols: expected a list or a function, got string',
    ],
    [
      'an invalid origin',
      [{ origin: '*' }, noop],
      "Invalid option origin: expected 'same-origin', 'any', a list or a function, got string",
    ],
  ])('refuses %s at registration', (_name, args, message) => {
    expect(() => Reflect.apply(router.ws as (...args: unknown[]) => unknown, router, ['/a', ...args])).toThrow(
      new TypeError(message),
    );
    expect(router.stack).toEqual([]);
  });

  test('refuses a path with too many optional parts', () => {
    const path = `/${'abcdefghijklmnop'
      .split('')
      .map((name) => `{${name}}`)
      .join('')}:z`;
    expect(() => createRouter().ws(path, noop)).toThrow(/combinations/);
  });

  test('accepts lists of middleware, paths and regular expressions as get() does, and can be chained', async () => {
    const order: number[] = [];
    const step =
      (number: number) =>
      (_request: unknown, _response: unknown, next: () => void): void => {
        order.push(number);
        next();
      };
    const { url } = await serveRouter((app) => {
      app
        .ws(['/a', /^\/b\d$/], [step(1), [step(2)]], step(3), (socket) => socket.send('first'))
        .ws('/c', {}, step(4), (socket) => socket.send('second'));
    });
    for (const [path, text] of [
      ['/a', 'first'],
      ['/b7', 'first'],
      ['/c', 'second'],
    ]) {
      const socket = await connect(url + path!);
      expect(await socket.receive()).toBe(text);
      socket.terminate();
    }
    expect(order).toEqual([1, 2, 3, 1, 2, 3, 4]);
  });
});

describe('an option of a route', () => {
  test('that is undefined defaults to that of the app', async () => {
    const { url } = await serveRouter(
      (app) => app.ws('/', { maxPayload: undefined, origin: undefined }, (socket) => socket.on('message', () => {})),
      { maxPayload: 5 },
    );
    const socket = await connect(url);
    socket.send('six or more');
    expect((await socket.closed).code).toBe(1009);
  });
});

describe('createRouter()', () => {
  test.each<[object, string]>([
    [
      { sessionCheckInterval: 2 ** 31 },
      'sessionCheckInterval: expected a whole number of 1 to 2147483647 ms, or Infinity',
    ],
    [{ sessionCheckInterval: 0 }, 'sessionCheckInterval: expected a whole number of 1 to 2147483647 ms, or Infinity'],
    [{ rate: { messages: 0 } }, 'rate.messages: expected a whole number of 1 or more, or Infinity'],
  ])('refuses %j, which is out of range', (options, message) => {
    expect(() => createRouter(options)).toThrow(RangeError);
    expect(() => createRouter(options)).toThrow(`Invalid option ${message}, got `);
  });

  test.each<[object, string]>([
    [{ maxPayLoad: 5 }, 'Unknown option maxPayLoad: did you mean maxPayload?'],
    [{ origins: [] }, 'Unknown option origins: did you mean origin?'],
    [{ recheckSession: 'no' }, 'Invalid option recheckSession: expected a boolean, got string'],
    [{ user: 'ann' }, 'Invalid option user: expected a function, got string'],
    [{ rate: { perr: 'user' } }, 'Unknown option rate.perr: did you mean rate.per?'],
    [
      { perMessageDeflate: { treshold: 5 } },
      'Unknown option perMessageDeflate.treshold: did you mean perMessageDeflate.threshold?',
    ],
    [{ onError: 'log' }, 'Invalid option onError: expected a function, got string'],
    [{ maxHeaders: true }, 'Invalid option maxHeaders: expected a number, got boolean'],
    [{ origin: 7 }, "Invalid option origin: expected 'same-origin', 'any', a list or a function, got number"],
  ])('refuses %j', (options, message) => {
    expect(() => createRouter(options)).toThrow(new TypeError(message));
  });

  test('refuses a limit below zero', () => {
    expect(() => createRouter({ maxPayload: -1 })).toThrow(RangeError);
  });
});

import { AsyncLocalStorage } from 'node:async_hooks';
import { EventEmitter, once } from 'node:events';
import { connect } from '@turnout/core';
import type { WebSocket } from '@turnout/core';
import { serveRouter } from '@turnout/test-kit/serve-router';
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

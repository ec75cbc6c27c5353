import { connect } from '@turnout/core';
import { describe, expect, test } from 'vitest';
import { pendingUpgradeOf } from '../../src/adapter.ts';
import { textFrame } from '@turnout/test-kit/client-frame';
import { RawClient, formatHandshake, statusOf } from '@turnout/test-kit/raw-client';
import { serveRouter } from '@turnout/test-kit/serve-router';
import { sessionIn, TestStore, useStore } from '../session-store.ts';

describe('a session that ends', () => {
  test('closes every socket that was opened under it with 3000, and no other', async () => {
    const store = new TestStore();
    store.add('a', { user: 'ann' });
    store.add('b', { user: 'bob' });
    const { url, router } = await serveRouter((app) => {
      app.use(useStore(store));
      app.ws('/', (socket, request) => socket.send(String(sessionIn(request).user)));
    });
    const [first, second, other] = await Promise.all([
      connect(`${url}/?a`),
      connect(`${url}/?a`),
      connect(`${url}/?b`),
    ]);
    expect(await Promise.all([first, second, other].map((socket) => socket.receive()))).toEqual(['ann', 'ann', 'bob']);
    store.destroy('a');
    expect(await Promise.all([first.closed, second.closed])).toMatchObject(
      Array.from({ length: 2 }, () => ({ code: 3000, reason: 'Session ended', wasClean: true })),
    );
    await expect.poll(() => router.sockets.size).toBe(1);
    expect(other.readyState).toBe(1);
    other.terminate();
  });

  test('lets no message be handled afterwards', async () => {
    const store = new TestStore();
    store.add('a', {});
    const handled: string[] = [];
    const { port } = await serveRouter((app) => {
      app.use(useStore(store));
      app.ws('/', (socket) => {
        socket.on('message', (data) => {
          handled.push(data.toString());
          store.destroy('a');
        });
      });
    });
    const client = await RawClient.open(port);
    await client.write(formatHandshake({ target: '/?a' })).until('\r\n\r\n');
    client.write(Buffer.concat([textFrame('first'), textFrame('second'), textFrame('third')]));
    await client.until('Session ended');
    client.reset();
    expect(handled).toEqual(['first']);
  });

  test('while middleware waits gets 401', async () => {
    const store = new TestStore();
    store.add('a', {});
    const { port, router } = await serveRouter((app) => {
      app.use(useStore(store));
      app.ws(
        '/',
        (_request, _response, next) => {
          store.destroy('a');
          next();
        },
        () => {
          throw new Error('Never called');
        },
      );
    });
    const answer = await RawClient.exchange(port, formatHandshake({ target: '/?a' }));
    expect([statusOf(answer), answer.endsWith('The session has ended\n'), router.sockets.size]).toEqual([401, true, 0]);
  });

  test('while it is being loaded gets 401', async () => {
    const store = new TestStore();
    store.add('a', {});
    const { port } = await serveRouter((app) => {
      app.use((request, _response, next) => {
        Object.assign(request, { sessionStore: store, sessionID: 'a' });
        const session = store.data('a');
        store.destroy('a');
        Object.assign(request, { session });
        next();
      });
      app.ws('/', () => {
        throw new Error('Never called');
      });
    });
    expect(statusOf(await RawClient.exchange(port, formatHandshake()))).toBe(401);
  });

  test('and is replaced while its handler runs leaves nothing behind', async () => {
    const store = new TestStore();
    store.add('a', {});
    const { url } = await serveRouter((app) => {
      app.use(useStore(store));
      app.ws('/', (socket, request) => {
        Object.assign(request, { sessionID: 'b' });
        socket.send('renewed');
      });
    });
    const socket = await connect(`${url}/?a`);
    expect(await socket.receive()).toBe('renewed');
    store.destroy('b');
    store.destroy('a');
    expect(await socket.closed).toMatchObject({ code: 3000 });
  });

  test('while the 101 is being sent closes the socket, and its handler is not called', async () => {
    const store = new TestStore();
    store.add('a', {});
    let handled = 0;
    const { url } = await serveRouter((app) => {
      app.use(useStore(store));
      app.ws(
        '/',
        (_request, response, next) => {
          response.once('finish', () => store.destroy('a'));
          const end = response.end.bind(response);
          response.end = () => {
            store.destroy('a');
            return end();
          };
          next();
        },
        () => handled++,
      );
    });
    const socket = await connect(`${url}/?a`);
    expect(await socket.closed).toMatchObject({ code: 3000 });
    expect(handled).toBe(0);
  });

  test('while the 101 is being sent, in a store that then fails, has the error reported', async () => {
    const store = new TestStore();
    store.add('a', {});
    const { url, errors } = await serveRouter((app) => {
      app.use(useStore(store));
      app.ws(
        '/',
        (_request, response, next) => {
          const end = response.end.bind(response);
          response.end = () => {
            store.destroy('a');
            store.failing = 'destroy';
            return end();
          };
          next();
        },
        () => {
          throw new Error('Never called');
        },
      );
    });
    const socket = await connect(`${url}/?a`);
    expect(await socket.closed).toMatchObject({ code: 3000 });
    expect(errors).toMatchObject([{ message: 'Cannot destroy' }]);
  });

  test('elsewhere while middleware waits gets 401, if the store had it before', async () => {
    const store = new TestStore();
    store.add('a', { user: 'ann' });
    const { port, router } = await serveRouter((app) => {
      app.use((request, _response, next) => {
        Object.assign(request, { sessionStore: store, sessionID: 'a' });
        store.get('a', (_error, session) => {
          Object.assign(request, { session });
          next();
        });
      });
      app.ws(
        '/',
        (_request, _response, next) => {
          store.sessions.delete('a');
          next();
        },
        () => {
          throw new Error('Never called');
        },
      );
    });
    const answer = await RawClient.exchange(port, formatHandshake());
    expect([statusOf(answer), answer.endsWith('The session has ended\n'), router.sockets.size]).toEqual([401, true, 0]);
  });

  test('is not waited for if the app closes while the store is asked', async () => {
    const store = new TestStore();
    store.add('a', {});
    let answer: (() => void) | undefined;
    const { port, router } = await serveRouter((app) => {
      app.use(useStore(store));
      app.use((request, _response, next) => {
        pendingUpgradeOf(request)!.sessionWatch!.noteStored();
        store.beforeAnswer = () => new Promise((resolve) => (answer = resolve));
        next();
      });
      app.ws('/', () => {
        throw new Error('Never called');
      });
    });
    const refused = RawClient.exchange(port, formatHandshake({ target: '/?a' }));
    await expect.poll(() => answer !== undefined).toBe(true);
    void router.close();
    answer!();
    expect(statusOf(await refused)).toBe(503);
  });

  test('closes the socket that was opened under it, whatever session its handler sets afterwards', async () => {
    const store = new TestStore();
    store.add('a', {});
    const { url } = await serveRouter((app) => {
      app.use(useStore(store));
      app.ws('/', (socket, request) => {
        pendingUpgradeOf(request)!.watchSession({ sessionID: 'b', sessionStore: store });
        socket.send('open');
      });
    });
    const socket = await connect(`${url}/?a`);
    expect(await socket.receive()).toBe('open');
    store.destroy('a');
    expect(await socket.closed).toMatchObject({ code: 3000 });
  });

  test('in middleware leaves the upgrade without a session', async () => {
    const store = new TestStore();
    store.add('a', {});
    const { url } = await serveRouter((app) => {
      app.use(useStore(store));
      app.ws(
        '/',
        (request, _response, next) => {
          store.destroy('a');
          Object.assign(request, { session: undefined });
          next();
        },
        (socket) => socket.send('open'),
      );
    });
    const socket = await connect(`${url}/?a`);
    expect(await socket.receive()).toBe('open');
    socket.terminate();
  });

  test('because middleware regenerates it leaves the upgrade with the new session', async () => {
    const store = new TestStore();
    store.add('a', {});
    store.add('b', {});
    const { url } = await serveRouter((app) => {
      app.use(useStore(store));
      app.ws(
        '/',
        (request, _response, next) => {
          store.destroy('a');
          Object.assign(request, { sessionID: 'b' });
          next();
        },
        (socket) => socket.send('open'),
      );
    });
    const socket = await connect(`${url}/?a`);
    expect(await socket.receive()).toBe('open');
    store.destroy('b');
    expect(await socket.closed).toMatchObject({ code: 3000 });
  });

  test('after its upgrade was refused or its socket closed has no effect', async () => {
    const store = new TestStore();
    store.add('a', {});
    const { url, router, errors } = await serveRouter((app) => {
      app.use(useStore(store));
      app.ws(
        '/refused',
        (_request, response) => void response.writeHead(403).end(),
        () => {},
      );
      app.ws('/', () => {});
    });
    await expect(connect(`${url}/refused?a`)).rejects.toMatchObject({ status: 403 });
    const socket = await connect(`${url}/?a`);
    socket.close(1000);
    expect(await socket.closed).toMatchObject({ code: 1000 });
    await expect.poll(() => router.sockets.size).toBe(0);
    store.destroy('a');
    expect(errors).toEqual([]);
  });
});

describe('a change that the handler makes to the session', () => {
  test('is stored when the handler returns, and when its promise settles', async () => {
    const store = new TestStore();
    store.add('a', { visits: 1 });
    let finish = (): void => {};
    const { url } = await serveRouter((app) => {
      app.use(useStore(store));
      app.ws('/', async (_socket, request) => {
        sessionIn(request).visits = 2;
        await new Promise<void>((resolve) => (finish = resolve));
        sessionIn(request).left = true;
      });
    });
    const socket = await connect(`${url}/?a`);
    await expect.poll(() => store.data('a')!.visits).toBe(2);
    expect(store.data('a')).toEqual({ visits: 2 });
    finish();
    await expect.poll(() => store.data('a')!.left).toBe(true);
    expect(store.data('a')).toEqual({ visits: 2, left: true });
    socket.terminate();
  });

  test('that cannot be stored is reported, and closes the socket', async () => {
    const store = new TestStore();
    store.add('a', { visits: 1 });
    store.beforeAnswer = () => Promise.reject(new Error('Store is down'));
    const { url, errors } = await serveRouter((app) => {
      app.use(useStore(store));
      app.ws('/', (_socket, request) => {
        sessionIn(request).visits = 2;
      });
    });
    const socket = await connect(`${url}/?a`);
    expect(await socket.closed).toMatchObject({ code: 1011 });
    expect(errors).toMatchObject([{ message: 'Store is down' }]);
  });

  test('that cannot be written as JSON is reported', async () => {
    const store = new TestStore();
    store.add('a', {});
    const { url, errors } = await serveRouter((app) => {
      app.use(useStore(store));
      app.ws('/', (_socket, request) => {
        sessionIn(request).big = 1n;
      });
    });
    const socket = await connect(`${url}/?a`);
    expect(await socket.closed).toMatchObject({ code: 1011 });
    expect(errors).toMatchObject([{ name: 'TypeError' }]);
  });

  test('is not looked for if the request has no session', async () => {
    const store = new TestStore();
    const { url } = await serveRouter((app) => {
      app.use(useStore(store));
      app.ws('/', (socket, request) => {
        Object.assign(request, { session: { visits: 1 } });
        socket.send('open');
      });
    });
    const socket = await connect(url);
    expect(await socket.receive()).toBe('open');
    expect([store.calls, Object.keys(store).includes('destroy')]).toEqual([[], false]);
    socket.terminate();
  });
});

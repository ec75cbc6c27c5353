import { connect } from '@turnout/core';
import type { WebSocket } from '@turnout/core';
import cookieParser from 'cookie-parser';
import cookieSession from 'cookie-session';
import session, { MemoryStore } from 'express-session';
import type { SessionOptions } from 'express-session';
import { describe, expect, test } from 'vitest';
import { textFrame } from '@turnout/test-kit/client-frame';
import { RawClient, dialTcp, formatHandshake, statusOf } from '@turnout/test-kit/raw-client';
import { serve } from './serving.ts';
import type { App, Serving } from './serving.ts';

declare module 'express-session' {
  interface SessionData {
    user: string;
    visits: number;
    left: boolean;
  }
}

interface SessionServing extends Serving {
  readonly store: MemoryStore;
  /** The data of the only session in the store. */
  readonly data: () => Record<string, unknown>;
}

/** An app with express-session, `POST /login`, `POST /logout`, `POST /renew`, and the routes that `setUp` adds. */
async function serveSessions(
  setUp: (app: App, store: MemoryStore) => void,
  options: Partial<SessionOptions> = {},
): Promise<SessionServing> {
  const store = new MemoryStore();
  const serving = await serve((app) => {
    app.use(session({ secret: 'test', resave: false, saveUninitialized: false, store, ...options }));
    app.post('/login', (request, response) => {
      Object.assign(request.session, { user: 'ann', visits: 0 });
      response.sendStatus(204);
    });
    app.post('/logout', (request, response) => void request.session.destroy(() => response.sendStatus(204)));
    app.post('/renew', (request, response) => void request.session.regenerate(() => response.sendStatus(204)));
    setUp(app, store);
  });
  const { sessions } = store as unknown as { sessions: Record<string, string> };
  return { ...serving, store, data: () => JSON.parse(Object.values(sessions)[0]!) as Record<string, unknown> };
}

/** Signs in and returns the cookie, as `name=value`. */
async function signIn(page: string, path = '/login'): Promise<string> {
  const response = await fetch(page + path, { method: 'POST' });
  return response.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0]!)
    .join('; ');
}

function post(url: string, cookie: string): Promise<Response> {
  return fetch(url, { method: 'POST', headers: { cookie } });
}

function dialWith(url: string, cookie: string): Promise<WebSocket> {
  return connect(url, { headers: { cookie } });
}

describe('express-session', () => {
  test('passes the session of the client’s cookie to the handler', async () => {
    const { page, url } = await serveSessions((app) => {
      app.ws('/', (socket, request) => socket.send(String(request.session.user)));
    });
    const socket = await dialWith(url, await signIn(page));
    expect(await socket.receive()).toBe('ann');
    const stranger = await connect(url);
    expect(await stranger.receive()).toBe('undefined');
    socket.terminate();
    stranger.terminate();
  });

  test('sends its cookie with the 101, and has saved the session by then', async () => {
    const { port, store } = await serveSessions((app) => {
      app.ws(
        '/',
        (request, _response, next) => {
          request.session.user = 'new';
          next();
        },
        (socket, request) => {
          store.get(request.sessionID, (_error, saved) => socket.send(`saved ${saved?.user}`));
        },
      );
    });
    const socket = await dialTcp(port, { allowHalfOpen: true });
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
    socket.write(formatHandshake());
    await expect.poll(() => text.includes('saved new')).toBe(true);
    expect(statusOf(text)).toBe(101);
    expect(text).toMatch(/\r\nSet-Cookie: connect\.sid=s%3A\S+; Path=\/; HttpOnly\r\n/);
    expect(text.split('\r\n\r\n')[0]!.match(/Set-Cookie/g)).toHaveLength(1);
    socket.destroy();
  });

  test('refreshes a rolling cookie with the 101', async () => {
    const { page, port } = await serveSessions((app) => void app.ws('/', (socket) => socket.close()), {
      rolling: true,
      cookie: { maxAge: 60_000 },
    });
    const cookie = await signIn(page);
    const answer = await RawClient.exchange(
      port,
      Buffer.concat([
        Buffer.from(formatHandshake({ headers: [`Cookie: ${cookie}`] })),
        Buffer.from([0x88, 0x80, 0, 0, 0, 0]),
      ]),
    );
    expect(answer).toMatch(/Set-Cookie: connect\.sid=.*Expires=/);
  });

  test('sends no cookie if there is nothing to save', async () => {
    const { page, port } = await serveSessions((app) => {
      app.ws(
        '/',
        (_request, response) => void response.sendStatus(403),
        () => {},
      );
    });
    expect(await RawClient.exchange(port, formatHandshake())).not.toContain('Set-Cookie');
    expect(await signIn(page)).not.toBe('');
  });

  test('saves what a handler changes, when it returns and when its promise settles', async () => {
    let finish = (): void => {};
    const { page, url, data, errors } = await serveSessions((app) => {
      app.ws('/', async (_socket, request) => {
        request.session.visits = 1;
        await new Promise<void>((resolve) => (finish = resolve));
        request.session.left = true;
      });
    });
    const cookie = await signIn(page);
    const before = data();
    const socket = await dialWith(url, cookie);
    await expect.poll(() => data().visits).toBe(1);
    expect(data()).toEqual({ ...before, visits: 1 });
    finish();
    await expect.poll(() => data().left).toBe(true);
    expect(errors).toEqual([]);
    socket.terminate();
  });

  test('keeps what others have changed meanwhile', async () => {
    let finish = (): void => {};
    const { page, url, data } = await serveSessions((app) => {
      app.post('/rename', (request, response) => {
        request.session.user = 'anna';
        response.sendStatus(204);
      });
      app.ws('/', async (_socket, request) => {
        await new Promise<void>((resolve) => (finish = resolve));
        request.session.visits = 7;
      });
    });
    const cookie = await signIn(page);
    const socket = await dialWith(url, cookie);
    await post(`${page}/rename`, cookie);
    finish();
    await expect.poll(() => data().visits).toBe(7);
    expect(data()).toMatchObject({ user: 'anna', visits: 7 });
    socket.terminate();
  });

  test('saves when a listener asks it to', async () => {
    const { page, url, data } = await serveSessions((app) => {
      app.ws('/', (socket, request) => {
        socket.on('message', () => {
          request.session.reload(() => {
            request.session.visits = 3;
            request.session.save(() => socket.send('saved'));
          });
        });
      });
      app.post('/rename', (request, response) => {
        request.session.user = 'anna';
        response.sendStatus(204);
      });
    });
    const cookie = await signIn(page);
    const socket = await dialWith(url, cookie);
    await post(`${page}/rename`, cookie);
    socket.send('save');
    expect(await socket.receive()).toBe('saved');
    expect(data()).toMatchObject({ visits: 3, user: 'anna' });
    socket.terminate();
  });

  test('does not restore a session that has ended while a handler held it', async () => {
    let finish = (): void => {};
    const { page, url, store, errors } = await serveSessions((app) => {
      app.ws('/', async (socket, request) => {
        await new Promise<void>((resolve) => (finish = resolve));
        request.session.visits = 9;
        await socket.closed;
      });
    });
    const cookie = await signIn(page);
    const socket = await dialWith(url, cookie);
    await post(`${page}/logout`, cookie);
    finish();
    await socket.closed;
    await new Promise((resolve) => setImmediate(resolve));
    const { sessions } = store as unknown as { sessions: object };
    expect([Object.keys(sessions), errors]).toEqual([[], []]);
  });
});

describe('a log-out', () => {
  test.each(['/logout', '/renew'])('by %s closes every socket of the session with 3000, and no other', async (path) => {
    const { page, url, app } = await serveSessions((served) => {
      served.ws('/', (socket, request) => socket.send(String(request.session.user)));
    });
    const [mine, other] = [await signIn(page), await signIn(page)];
    const sockets = await Promise.all([dialWith(url, mine), dialWith(url, mine), dialWith(url, other)]);
    expect(await Promise.all(sockets.map((socket) => socket.receive()))).toEqual(['ann', 'ann', 'ann']);
    await post(page + path, mine);
    const ended = { code: 3000, reason: 'Session ended', wasClean: true };
    expect(await Promise.all(sockets.slice(0, 2).map((socket) => socket.closed))).toEqual([ended, ended]);
    await expect.poll(() => app.sockets.size).toBe(1);
    expect(sockets[2]!.readyState).toBe(1);
    sockets[2]!.terminate();
  });

  test('by a message of the socket itself lets no further message be handled', async () => {
    const handled: string[] = [];
    const { page, port } = await serveSessions((app) => {
      app.ws('/', (socket, request) => {
        socket.on('message', (data) => {
          handled.push(data.toString());
          request.session.destroy(() => {});
        });
      });
    });
    const messages = Buffer.concat([textFrame('first'), textFrame('second')]);
    const cookie = await signIn(page);
    const answer = await RawClient.exchange(
      port,
      Buffer.concat([
        Buffer.from(formatHandshake({ headers: [`Cookie: ${cookie}`] })),
        messages,
        Buffer.from([0x88, 0x80, 0, 0, 0, 0]),
      ]),
    );
    expect([answer.includes('Session ended'), handled]).toEqual([true, ['first']]);
  });

  test('while middleware waits refuses the upgrade', async () => {
    let letPass: (() => void) | undefined;
    const { page, port } = await serveSessions((app) => {
      app.ws(
        '/',
        (_request, _response, next) => {
          letPass = next;
        },
        () => {},
      );
    });
    const cookie = await signIn(page);
    const answer = RawClient.exchange(port, formatHandshake({ headers: [`Cookie: ${cookie}`] }));
    await expect.poll(() => letPass !== undefined).toBe(true);
    await post(`${page}/logout`, cookie);
    letPass!();
    expect(statusOf(await answer)).toBe(401);
  });

  test('while express-session loads the session refuses the upgrade', async () => {
    const { page, port, store } = await serveSessions((app) => {
      app.ws(
        '/',
        (request, _response, next) => {
          request.session.visits = 1;
          next();
        },
        () => {},
      );
    });
    const cookie = await signIn(page);
    const get = store.get.bind(store);
    let loading: (() => void) | undefined;
    store.get = (id, callback) =>
      get(id, (error, data) => {
        store.get = get;
        loading = () => callback(error, data);
      });
    const answer = RawClient.exchange(port, formatHandshake({ headers: [`Cookie: ${cookie}`] }));
    await expect.poll(() => loading !== undefined).toBe(true);
    await post(`${page}/logout`, cookie);
    loading!();
    expect(statusOf(await answer)).toBe(401);
    expect(Object.keys((store as unknown as { sessions: object }).sessions)).toEqual([]);
  });

  test('while the session is being saved closes the socket before its handler runs', async () => {
    let handled = 0;
    const { page, url, store } = await serveSessions((app) => {
      app.ws(
        '/',
        (request, _response, next) => {
          request.session.visits = 1;
          next();
        },
        () => handled++,
      );
    });
    const cookie = await signIn(page);
    const set = store.set.bind(store);
    let saving: (() => void) | undefined;
    store.set = (id, data, callback) => {
      saving = () => set(id, data, callback);
    };
    const dialling = dialWith(url, cookie);
    await expect.poll(() => saving !== undefined).toBe(true);
    await post(`${page}/logout`, cookie);
    saving!();
    expect(await (await dialling).closed).toMatchObject({ code: 3000 });
    expect([handled, Object.keys((store as unknown as { sessions: object }).sessions)]).toEqual([0, []]);
  });
});

describe('cookie-parser and cookie-session', () => {
  test('pass cookies and session to a handler, and set theirs with the 101', async () => {
    const { page, port, url } = await serve((app) => {
      app.use(cookieParser('secret'));
      app.use(cookieSession({ keys: ['key'] }));
      app.post('/login', (request, response) => {
        request.session.user = 'ann';
        response.cookie('theme', 'dark', { signed: true }).sendStatus(204);
      });
      app.ws(
        '/',
        (request, response, next) => {
          request.session.visits = 1;
          response.cookie('seen', 'yes');
          next();
        },
        (socket, request) => {
          request.session.left = true;
          socket.send(JSON.stringify([request.session.user, request.signedCookies.theme]));
        },
      );
    });
    const cookie = await signIn(page);
    const socket = await dialWith(url, cookie);
    expect(await socket.receive()).toBe('["ann","dark"]');
    socket.terminate();
    const raw = await dialTcp(port, { allowHalfOpen: true });
    let text = '';
    raw.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
    raw.write(formatHandshake({ headers: [`Cookie: ${cookie}`] }));
    await expect.poll(() => text).toContain('["ann');
    expect(text.match(/Set-Cookie: (seen|session|session\.sig)=/g)).toEqual([
      'Set-Cookie: seen=',
      'Set-Cookie: session=',
      'Set-Cookie: session.sig=',
    ]);
    raw.destroy();
  });
});

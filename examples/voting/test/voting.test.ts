import { request as requestHttp } from 'node:http';
import { ConnectError, connect, type WebSocket } from '@turnout/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Candidate } from '../src/candidates.ts';
import type { RunningExample } from '@turnout/example-host/testing';
import { nextOf, openMessages, signIn, startVoting } from './running-app.ts';

interface Snapshot {
  readonly candidates: Candidate[];
  readonly you: { readonly id: string; readonly name: string };
}

interface Vote {
  readonly user_id: string;
  readonly count: number;
}

let app: RunningExample;
beforeAll(async () => {
  app = await startVoting();
});
afterAll(() => app.stop());

const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${app.url}${path}`, { headers, redirect: 'manual' });

/** The status of an answer to headers that fetch() does not allow. */
const statusOf = (path: string, headers: Record<string, string>): Promise<number | undefined> =>
  new Promise((resolve) => {
    requestHttp(`${app.url}${path}`, { headers }, ({ statusCode }) => resolve(statusCode)).end();
  });

const refusalOf = async (dialling: Promise<unknown>): Promise<ConnectError> => {
  const error: unknown = await dialling.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ConnectError)) throw new Error('Expected a refusal');
  return error;
};

describe('pages', () => {
  test('without a session lead to the login page', async () => {
    const index = await get('/index');
    expect([index.status, index.headers.get('location')]).toEqual([302, '/login']);
    expect((await get('/')).headers.get('location')).toBe('/index');
    expect((await get('/login')).status).toBe(200);
  });

  test('with a session list the candidates with counts and buttons', async () => {
    const html = await (await get('/index', { Cookie: await signIn(app.url, 'Mia') })).text();
    expect(html).toContain('Signed in as <strong>Mia</strong>');
    expect(html).toMatch(/id="user_1" class="count">\d+</);
    expect(html.match(/<button class="primary vote"/g)).toHaveLength(4);
  });

  test('show a name with markup as text, and refuse an empty, an overlong and a direction-changing name', async () => {
    const html = await (await get('/index', { Cookie: await signIn(app.url, '<img src=x>') })).text();
    expect(html).toContain('<strong>&lt;img src=x&gt;</strong>');
    for (const name of ['   ', 'x'.repeat(41), 'a\u202Eb']) {
      await expect(signIn(app.url, name)).rejects.toThrow('status 400');
    }
  });

  test('have a strict policy, are not stored, and the cookie is HttpOnly and SameSite', async () => {
    const response = await fetch(`${app.url}/login`, {
      method: 'POST',
      body: new URLSearchParams({ name: 'Lee' }),
      redirect: 'manual',
    });
    expect(response.headers.getSetCookie()[0]).toMatch(/; HttpOnly; SameSite=Lax$/);
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none';script-src 'self'");
    expect(response.headers.get('cache-control')).toBe('no-store');
  });
});

describe('the WebSocket', () => {
  test('is refused with 401 and a reason without a session', async () => {
    const { status, body } = await refusalOf(connect(`${app.url}/message`));
    expect(status).toBe(401);
    expect(body).toContain('Sign in first');
  });

  test('answers a plain GET with 426 and a reason', async () => {
    const response = await get('/message', { Cookie: await signIn(app.url, 'Ann') });
    expect(response.status).toBe(426);
    expect(response.headers.get('upgrade')).toBe('websocket');
    expect(await response.text()).toContain('WebSocket');
  });

  test('is refused with 403 from a foreign origin', async () => {
    const headers = { Cookie: await signIn(app.url, 'Ann'), Origin: 'http://evil.example' };
    expect((await refusalOf(connect(`${app.url}/message`, { headers }))).status).toBe(403);
  });

  test('sends every count first, then each vote to everybody, in the wire format of the tutorial', async () => {
    const [ann, bob] = await Promise.all([signIn(app.url, 'Ann'), signIn(app.url, 'Bob')]);
    const annSocket = await openMessages(app.url, ann);
    const bobSocket = await openMessages(app.url, bob);
    const { candidates, you } = await nextOf<Snapshot>(annSocket, 'snapshot');
    expect(you.name).toBe('Ann');
    expect(candidates.map(({ id }) => id)).toEqual(['1', '2', '3', '4']);
    const before = candidates[1]!.count;
    annSocket.send('2');
    const expected = { user_id: '2', count: before + 1 };
    expect(await nextOf<Vote>(annSocket, 'vote')).toEqual(expected);
    expect(await nextOf<Vote>(bobSocket, 'vote')).toEqual(expected);
    annSocket.close();
    bobSocket.close();
  });

  test('answers an unknown id and a binary message with an error, and stays open', async () => {
    const socket = await openMessages(app.url, await signIn(app.url, 'Ann'));
    for (const bad of ['99', ' 1', '1.0', '1;--', '']) {
      socket.send(bad);
      const { reason } = await nextOf<{ reason: string }>(socket, 'error');
      expect(reason).toBe(`No candidate has the id ${JSON.stringify(bad)}`);
    }
    socket.send(Buffer.from('1'));
    expect((await nextOf<{ reason: string }>(socket, 'error')).reason).toContain('as text');
    socket.send('1');
    expect((await nextOf<Vote>(socket, 'vote')).user_id).toBe('1');
    socket.close();
  });

  test('keeps all tabs of one user open and counts them as one person', async () => {
    const cookie = await signIn(app.url, 'Tabs');
    const tabs = await Promise.all([openMessages(app.url, cookie), openMessages(app.url, cookie)]);
    tabs[0].send('3');
    for (const tab of tabs) expect((await nextOf<Vote>(tab, 'vote')).user_id).toBe('3');
    const third = await openMessages(app.url, cookie);
    const users = await nextOf<{ name: string }[]>(third, 'users');
    expect(users.filter(({ name }) => name === 'Tabs')).toHaveLength(1);
    for (const tab of [...tabs, third]) tab.close();
  });

  test('continues for all others when one client dies silently', async () => {
    const [dead, alive] = await Promise.all([signIn(app.url, 'Dead'), signIn(app.url, 'Alive')]);
    const deadSocket = await openMessages(app.url, dead);
    const aliveSocket = await openMessages(app.url, alive);
    await nextOf(deadSocket, 'snapshot');
    deadSocket.terminate();
    aliveSocket.send('4');
    expect((await nextOf<Vote>(aliveSocket, 'vote')).user_id).toBe('4');
    aliveSocket.close();
  });
});

describe('one person', () => {
  const closed = async (socket: WebSocket): Promise<void> => {
    socket.terminate();
    await socket.closed;
  };

  test("who floods, over any number of sockets, is refused, while another person's vote is counted", async () => {
    const cookie = await signIn(app.url, 'Flood');
    const tabs = await Promise.all([openMessages(app.url, cookie), openMessages(app.url, cookie)]);
    const other = await openMessages(app.url, await signIn(app.url, 'Calm'));
    for (const tab of tabs) for (let votes = 0; votes < 5_000; votes++) tab.send(`{"vote":"1","key":"${votes}"}`);
    for (const tab of tabs) {
      const { reason, key } = await nextOf<{ reason: string; key: string }>(tab, 'error');
      expect([reason, Number(key)]).toEqual(['You are voting too fast: wait a second', expect.any(Number)]);
    }
    other.send('{"vote":"2","key":"mine"}');
    expect(await nextOf(other, 'counted')).toMatchObject({ key: 'mine', user_id: '2' });
    expect(tabs.map(({ readyState }) => readyState)).toEqual([tabs[0].OPEN, tabs[0].OPEN]);
    await Promise.all([...tabs, other].map(closed));
  });

  test('has each refused vote counted after sending it again', async () => {
    const slow = await startVoting({ voteRate: { burst: 3, perSecond: 50 } });
    const socket = await openMessages(slow.url, await signIn(slow.url, 'Ann'));
    const missing = new Set(Array.from({ length: 20 }, (_, index) => String(index)));
    const vote = (key: string): void => void socket.send(JSON.stringify({ vote: '1', key }));
    for (const key of missing) vote(key);
    let [refused, highest] = [0, 0];
    while (missing.size > 0) {
      const { type, data } = JSON.parse(String(await socket.receive())) as {
        type: string;
        data: { key: string; count: number };
      };
      if (type === 'error') {
        refused++;
        vote(data.key);
      } else if (type === 'counted') {
        missing.delete(data.key);
        highest = Math.max(highest, data.count);
      }
    }
    expect(refused).toBeGreaterThan(0);
    expect(highest).toBe(20);
    socket.terminate();
    await slow.stop();
  });

  test('may have 50 pages open; the next is refused with 429 until one of them is closed', async () => {
    const cookie = await signIn(app.url, 'Pages');
    const pages = await Promise.all(Array.from({ length: 50 }, () => openMessages(app.url, cookie)));
    const refusal = await refusalOf(openMessages(app.url, cookie));
    expect([refusal.status, refusal.body]).toEqual([
      429,
      'Too many connections for this user: maxConnectionsPerUser is 50\n',
    ]);
    const other = await openMessages(app.url, await signIn(app.url, 'Another'));
    await closed(pages.pop()!);
    await expect
      .poll(async () => {
        const page = await openMessages(app.url, cookie).catch(() => undefined);
        if (page !== undefined) pages.push(page);
        return page !== undefined;
      })
      .toBe(true);
    await Promise.all([...pages, other].map(closed));
  });
});

describe('the key of a vote', () => {
  const counted = async (socket: WebSocket, id: string, key: string): Promise<object> => {
    socket.send(JSON.stringify({ vote: id, key }));
    return nextOf<object>(socket, 'counted');
  };

  test('that is reused for another candidate is answered with the original candidate', async () => {
    const own = await startVoting();
    const socket = await openMessages(own.url, await signIn(own.url, 'Ann'));
    expect(await counted(socket, '1', 'a')).toEqual({ key: 'a', user_id: '1', count: 1 });
    expect(await counted(socket, '3', 'a')).toEqual({ key: 'a', user_id: '1', count: 1 });
    expect(await counted(socket, '3', 'b')).toEqual({ key: 'b', user_id: '3', count: 1 });
    socket.terminate();
    await own.stop();
  });

  test('belongs to its voter: the same key of another voter is another vote', async () => {
    const own = await startVoting();
    const [ann, bob] = await Promise.all(
      ['Ann', 'Bob'].map(async (name) => openMessages(own.url, await signIn(own.url, name))),
    );
    expect(await counted(ann!, '1', 'a')).toEqual({ key: 'a', user_id: '1', count: 1 });
    expect(await counted(bob!, '1', 'a')).toEqual({ key: 'a', user_id: '1', count: 2 });
    expect(await counted(ann!, '1', 'a')).toEqual({ key: 'a', user_id: '1', count: 2 });
    for (const socket of [ann!, bob!]) socket.terminate();
    await own.stop();
  });
});

describe('log-out', () => {
  test('closes the sockets of that session with 3000, and no other', async () => {
    const [ann, bob] = await Promise.all([signIn(app.url, 'Ann'), signIn(app.url, 'Bob')]);
    const sockets = await Promise.all([openMessages(app.url, ann), openMessages(app.url, ann)]);
    const bobSocket = await openMessages(app.url, bob);
    const response = await fetch(`${app.url}/logout`, { method: 'POST', headers: { Cookie: ann }, redirect: 'manual' });
    expect(response.headers.get('location')).toBe('/login');
    for (const socket of sockets) expect((await socket.closed).code).toBe(3000);
    expect((await get('/index', { Cookie: ann })).status).toBe(302);
    bobSocket.send('1');
    expect((await nextOf<Vote>(bobSocket, 'vote')).user_id).toBe('1');
    bobSocket.close();
  });
});

describe('/alert', () => {
  test('answers ok and pushes the alert to everybody, without a session', async () => {
    const socket = await openMessages(app.url, await signIn(app.url, 'Ann'));
    const response = await get('/alert');
    expect([response.status, await response.text()]).toEqual([200, 'ok']);
    await nextOf(socket, 'alert');
    socket.close();
  });

  test.each([
    'X-Forwarded-For',
    'Forwarded',
    'Via',
    'X-Real-IP',
    'CF-Connecting-IP',
    'CF-Ray',
    'CDN-Loop',
    'True-Client-IP',
    'Fly-Client-IP',
    'Fastly-Client-IP',
    'X-Client-IP',
    'X-Cluster-Client-IP',
    'X-Original-Forwarded-For',
    'X-Envoy-External-Address',
    'X-Azure-ClientIP',
    'X-Amzn-Trace-Id',
    'X-Request-Id',
    'A-Header-That-A-Proxy-Of-Tomorrow-Adds',
  ])('is closed to requests through a proxy that adds %s', async (header) => {
    const response = await get('/alert', { [header]: '203.0.113.9' });
    expect([response.status, await response.text()]).toEqual([
      403,
      'Alerts come from programs on this machine, and through no proxy; or set ALERT_TOKEN\n',
    ]);
  });

  test('is open to a browser on this machine with its many headers', async () => {
    const headers = {
      Accept: 'text/html,*/*;q=0.8',
      'Accept-Language': 'en-GB',
      'Cache-Control': 'max-age=0',
      Cookie: 'other=1',
      DNT: '1',
      Priority: 'u=0, i',
      'Sec-CH-UA': '"Chromium";v="141"',
      'Sec-CH-UA-Mobile': '?0',
      'Sec-CH-UA-Platform': '"Linux"',
      'Sec-Fetch-Site': 'none',
      'Sec-Fetch-Dest': 'document',
      'Sec-GPC': '1',
      'Upgrade-Insecure-Requests': '1',
    };
    expect(await statusOf('/alert', headers)).toBe(200);
  });

  test('is closed to a page of another site', async () => {
    expect(await statusOf('/alert', { 'Sec-Fetch-Site': 'cross-site' })).toBe(403);
  });

  test('is open only to bearers of the token, if one is set', async () => {
    const guarded = await startVoting({ alertToken: 'open sesame' });
    const ask = async (path: string, headers: Record<string, string> = {}): Promise<number> =>
      (await fetch(`${guarded.url}${path}`, { headers })).status;
    expect(await ask('/alert')).toBe(401);
    expect(await ask('/alert', { Authorization: 'Bearer wrong' })).toBe(401);
    expect(await ask('/alert?token=open%20sesame')).toBe(200);
    const other = await startVoting({ alertToken: 'sesame' });
    expect((await fetch(`${other.url}/alert`, { headers: { Authorization: 'Bearer sesame' } })).status).toBe(200);
    await Promise.all([guarded.stop(), other.stop()]);
  });
});

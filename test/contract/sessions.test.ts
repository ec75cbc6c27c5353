import { setTimeout } from 'node:timers/promises';
import { liveSession } from '@turnout/router';
import { transports } from '@turnout/testing/adapter-contract';
import { describe, expect, test } from 'vitest';
import type { ContractApp, SessionRecords } from './framework.ts';
import { frameworks } from './frameworks.ts';
import { serve, type Serving } from './serving.ts';

/** The cookies that an answer sets, as a browser returns them. */
function cookiesOf(setCookie: readonly string[] | undefined): { headers: { Cookie: string } } {
  return { headers: { Cookie: (setCookie ?? []).map((cookie) => cookie.split(';', 1)[0]).join('; ') } };
}

async function logIn(server: Serving): Promise<{ headers: { Cookie: string } }> {
  return cookiesOf((await server.get('/login')).headers['set-cookie']);
}

function socketRoutes(app: ContractApp): void {
  app.ws('/me', {
    handler: (socket, { session }) => {
      socket.on('message', () => {});
      socket.send(String(session?.['user']));
    },
  });
  app.ws('/count', {
    handler: (socket, { session }) => {
      session!['count'] = 7;
      socket.send('counted');
    },
  });
  app.ws('/touch', {
    handler: async (socket) => {
      // The sessions' clock counts in ms.
      await setTimeout(5);
      socket.send(String(await liveSession(socket)!.touch()));
    },
  });
}

/** The expiry of the only stored session, in ms since 1970. */
function storedExpiry(records: SessionRecords): number {
  const [json] = records.values();
  const { _expire, cookie } = JSON.parse(json!) as { _expire?: number; cookie?: { expires: string } };
  return _expire ?? Date.parse(cookie!.expires);
}

const everywhere = frameworks
  .filter(({ name }) => name !== 'node:http')
  .flatMap((framework) => [
    [framework.name, 'http', framework, transports.http] as const,
    ...(!framework.speaksHttp2 ? [] : [[framework.name, 'HTTP/2', framework, transports['HTTP/2']] as const]),
  ]);

describe.each(everywhere)('the sessions of %s over %s', (_name, _transport, framework, transport) => {
  const start = (
    records: SessionRecords,
    { maxAge, sessionCheckInterval = 40 }: { maxAge?: number; sessionCheckInterval?: number } = {},
  ): Promise<Serving> =>
    serve(
      framework,
      transport,
      (app) => {
        app.useSessions(records, { maxAge });
        socketRoutes(app);
      },
      { sessionCheckInterval },
    );

  test('are available in the handler', async () => {
    const server = await start(new Map());
    const { next } = await server.open('/me', await logIn(server));
    expect(await next()).toBe('ann');
    const stranger = await server.open('/me');
    expect(await stranger.next()).toBe('undefined');
  });

  test("are saved with the handler's changes", async () => {
    const server = await start(new Map());
    const cookies = await logIn(server);
    await (await server.open('/count', cookies)).next();
    await expect
      .poll(async () => JSON.parse((await server.get('/session', cookies.headers)).body) as object)
      .toMatchObject({ user: 'ann', count: 7 });
  });

  test('are not available with invalid cookies', async () => {
    const server = await start(new Map());
    const own = (await logIn(server)).headers.Cookie;
    const [name, value] = own.split(';')[0]!.split('=') as [string, string];
    for (const Cookie of [
      Array.from({ length: 500 }, (_, index) => `c${index}=1`).join('; '),
      `${name}=j:{"__proto__":{"user":"ann"}}`,
      `${name}=${value.slice(0, -4)}AAAA`,
      `${name}=${'x'.repeat(8_000)}`,
      `${name}=%E0%A4%A`,
      `${name}`,
      `=${value}; ;;`,
      `${name}=forged; ${name}=forged`,
    ]) {
      const { next, client } = await server.open('/me', { headers: { Cookie } });
      expect(await next()).toBe('undefined');
      client.terminate();
    }
    expect(server.errors).toEqual([]);
  });

  test('are prolonged by a touch', async () => {
    const records: SessionRecords = new Map();
    const server = await start(records);
    const cookies = await logIn(server);
    const before = storedExpiry(records);
    expect(await (await server.open('/touch', cookies)).next()).toBe('true');
    expect(storedExpiry(records)).toBeGreaterThan(before);
    expect(JSON.parse((await server.get('/session', cookies.headers)).body)).toMatchObject({ user: 'ann' });
  });

  test('end their sockets with 3000 when they end, immediately in the same process', async () => {
    const server = await start(new Map(), { sessionCheckInterval: Infinity });
    const cookies = await logIn(server);
    const sockets = [await server.open('/me', cookies), await server.open('/me', cookies)];
    const stranger = await server.open('/me');
    await server.get('/logout', cookies.headers);
    for (const { closed } of sockets) expect(await closed).toEqual({ code: 3000, reason: 'Session ended' });
    await expect.poll(() => server.app.sockets.size).toBe(1);
    stranger.client.terminate();
  });

  test('end their sockets when they end in another process that shares the store', async () => {
    const records: SessionRecords = new Map();
    const here = await start(records);
    const there = await start(records);
    const cookies = await logIn(here);
    const { closed, next } = await there.open('/me', cookies);
    expect(await next()).toBe('ann');
    await here.get('/logout', cookies.headers);
    expect(await closed).toEqual({ code: 3000, reason: 'Session ended' });
    expect(there.errors).toEqual([]);
  });

  test('end their sockets when they expire', async () => {
    const server = await start(new Map(), { maxAge: 150, sessionCheckInterval: Infinity });
    const { closed } = await server.open('/me', await logIn(server));
    expect((await closed).code).toBe(3000);
  });
});

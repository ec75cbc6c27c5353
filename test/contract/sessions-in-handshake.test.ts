import type { NodeHub } from '@turnout/router';
import { transports } from '@turnout/testing/adapter-contract';
import { describe, expect, test } from 'vitest';
import type { ContractApp, SessionRecords } from './framework.ts';
import { frameworks } from './frameworks.ts';
import { serve, type Serving } from './serving.ts';

/** The steps from the first middleware of an upgrade to the end of its handler, in order. */
const steps = [
  'while the session is being loaded',
  'in middleware behind the session',
  'in the middleware of the route',
  'between the accept and the 101',
  'while the handler runs',
] as const;
type Step = (typeof steps)[number];

/** One upgrade, held at one step until the test releases it. */
class HeldUpgrade {
  readonly #step: Step;
  #reach!: () => void;
  #release!: () => void;
  readonly #released = new Promise<void>((resolve) => (this.#release = resolve));
  #isArmed = false;
  /** Resolves once the upgrade has reached the step. */
  readonly reached = new Promise<void>((resolve) => (this.#reach = resolve));

  constructor(step: Step) {
    this.#step = step;
  }

  /** From now on the next request that reaches the step is held. */
  arm(): void {
    this.#isArmed = true;
  }

  async pass(step: Step): Promise<void> {
    if (step !== this.#step || !this.#isArmed) return;
    this.#isArmed = false;
    this.#reach();
    await this.#released;
  }

  release(): void {
    this.#release();
  }
}

interface Nodes {
  readonly here: Serving;
  readonly there: Serving;
  readonly records: SessionRecords;
  readonly cookies: { readonly headers: { readonly Cookie: string } };
}

/** Ways to end the session or the user's access, performed on `node`. */
const ends = {
  'a log-out': ({ cookies }: Nodes, node: Serving) => node.get('/logout', cookies.headers),
  'a regeneration': ({ cookies }: Nodes, node: Serving) => node.get('/renew', cookies.headers),
  'an expiry': async ({ records }: Nodes) => records.clear(),
  'disconnectUser()': (_nodes: Nodes, node: Serving) => node.app.disconnectUser('ann'),
} as const;
type End = keyof typeof ends;

/** A hub of `@turnout/topics`, without a broker between its nodes. */
function createHub(): NodeHub {
  const listeners: ((text: string) => void)[] = [];
  return {
    link: (_name, listener) => {
      listeners.push(listener);
      return async (text) => {
        for (const tell of listeners) tell(text);
        return true;
      };
    },
  };
}

const versions = frameworks
  .filter(({ name }) => name !== 'node:http')
  .flatMap((framework) => [
    [framework.name, 'http', framework, transports.http] as const,
    ...(!framework.speaksHttp2 ? [] : [[framework.name, 'HTTP/2', framework, transports['HTTP/2']] as const]),
  ]);

interface Case {
  readonly end: End;
  readonly step: Step;
  readonly place: 'this process' | 'another process';
}

const cases: readonly Case[] = (Object.keys(ends) as End[]).flatMap((end) =>
  steps.flatMap((step) => (['this process', 'another process'] as const).map((place) => ({ end, step, place }))),
);

describe.each(versions)('an upgrade of %s over %s', (_name, _version, framework, transport) => {
  // One row of each kind is enough if only the saving of the session middleware differs.
  const isVariant = transport.version === 2 || framework.name === 'express 4' || framework.name === '@koa/router';

  const start = async (held: HeldUpgrade, handled: string[], isAlwaysSaved = false): Promise<Nodes> => {
    const records: SessionRecords = new Map();
    const hub = createHub();
    const setUp = (app: ContractApp): void => {
      app.useSessions(records, { isAlwaysSaved, afterRead: () => held.pass('while the session is being loaded') });
      app.holdAnswer(() => held.pass('between the accept and the 101'));
      app.use(() => held.pass('in middleware behind the session'));
      app.ws('/me', {
        steps: [() => held.pass('in the middleware of the route')],
        handler: async (socket, { session }) => {
          handled.push(String(session?.['user']));
          socket.send('open');
          await held.pass('while the handler runs');
        },
      });
    };
    const options = { sessionCheckInterval: 40, hub, user: userOf };
    const [here, there] = await Promise.all([1, 2].map(() => serve(framework, transport, setUp, options)));
    const { headers } = await here!.get('/login');
    return { here: here!, there: there!, records, cookies: cookiesOf(headers['set-cookie']) };
  };

  describe.each([
    ['saved with each request', true] as const,
    ...(isVariant ? [] : [['saved if it was changed', false] as const]),
  ])('whose session is %s', (_saving, isAlwaysSaved) => {
    test.each(cases)('gets no socket, or loses it, by $end $step, on $place', async ({ end, step, place }) => {
      const held = new HeldUpgrade(step);
      const handled: string[] = [];
      const nodes = await start(held, handled, isAlwaysSaved);
      held.arm();
      const outcome = outcomeOf(nodes.here, nodes.cookies);
      await held.reached;
      await ends[end](nodes, place === 'this process' ? nodes.here : nodes.there);
      const isOpen = step === 'while the handler runs';
      if (!isOpen) held.release();
      const closed = { code: 3000, reason: end === 'disconnectUser()' ? 'Disconnected' : 'Session ended' };
      // Koa accepts once all middleware has returned; in other frameworks the 101 has been sent.
      const isAccepting = step === 'between the accept and the 101' && !framework.name.includes('koa');
      expect(await outcome).toEqual(isOpen || isAccepting ? closed : { status: 401 });
      held.release();
      // Changes of which this process is not notified during the 101 are found at the next check of the store.
      const isUntold = isAccepting && end !== 'disconnectUser()' && (place !== 'this process' || end === 'an expiry');
      if (!isUntold) expect(handled).toEqual(isOpen ? ['ann'] : []);
      await expect.poll(() => nodes.here.app.sockets.size).toBe(0);
      const survivor = await nodes.here.get('/session', nodes.cookies.headers);
      expect(JSON.parse(survivor.body)).not.toMatchObject(
        end === 'disconnectUser()' ? { user: 'bob' } : { user: 'ann' },
      );
    });
  });

  test('succeeds if the user has logged in again after disconnectUser()', async () => {
    const held = new HeldUpgrade('in middleware behind the session');
    const handled: string[] = [];
    const nodes = await start(held, handled);
    held.arm();
    const before = outcomeOf(nodes.here, nodes.cookies);
    await held.reached;
    expect(await nodes.there.app.disconnectUser('ann')).toBe(0);
    const after = await nodes.here.open('/me', nodes.cookies);
    expect(await after.next()).toBe('open');
    held.release();
    expect([await before, handled]).toEqual([{ status: 401 }, ['ann']]);
    after.client.terminate();
  });

  test('succeeds with a session that it begins itself, and loses the socket when that ends elsewhere', async () => {
    const records: SessionRecords = new Map();
    const server = await serve(
      framework,
      transport,
      (app) => {
        app.useSessions(records);
        app.ws('/begin', {
          session: 'begin',
          handler: (socket, { session }) => socket.send(String(session?.['user'])),
        });
      },
      { sessionCheckInterval: 40 },
    );
    const { next, closed } = await server.open('/begin');
    expect(await next()).toBe('new');
    expect(records.size).toBe(1);
    records.clear();
    expect(await closed).toEqual({ code: 3000, reason: 'Session ended' });
  });

  test('succeeds with the ID that its own middleware gives the session, and loses the socket with it', async () => {
    const records: SessionRecords = new Map();
    const server = await serve(
      framework,
      transport,
      (app) => {
        app.useSessions(records);
        app.ws('/renewed', {
          session: 'renew',
          handler: (socket, { session }) => socket.send(String(session?.['user'])),
        });
      },
      { sessionCheckInterval: 40 },
    );
    const { headers } = await server.get('/login');
    const [old] = records.keys();
    const { next, closed } = await server.open('/renewed', cookiesOf(headers['set-cookie']));
    expect([await next(), records.size, records.has(old!)]).toEqual(['ann', 1, false]);
    records.clear();
    expect(await closed).toEqual({ code: 3000, reason: 'Session ended' });
  });

  // Express itself accepts what the store returns.
  if (framework.speaksHttp2) {
    test('gets no socket if its session has expired meanwhile, even if the store still returns it', async () => {
      const held = new HeldUpgrade('in middleware behind the session');
      const nodes = await start(held, []);
      held.arm();
      const outcome = outcomeOf(nodes.here, nodes.cookies);
      await held.reached;
      for (const [id, json] of nodes.records) nodes.records.set(id, expired(json));
      held.release();
      expect(await outcome).toEqual({ status: 401 });
    });
  }

  test('loses the socket when the session that it began expires', async () => {
    const server = await serve(
      framework,
      transport,
      (app) => {
        app.useSessions(new Map(), { maxAge: 150 });
        app.ws('/begin', { session: 'begin', handler: () => {} });
      },
      { sessionCheckInterval: Infinity },
    );
    expect((await (await server.open('/begin')).closed).code).toBe(3000);
  });

  test('succeeds if the store cannot say whether the session continues', async () => {
    let isAway = false;
    const server = await serve(framework, transport, (app) => {
      app.useSessions(new Map(), {
        afterRead: async () => (isAway ? Promise.reject(new Error('No store')) : undefined),
      });
      app.ws('/me', {
        steps: [() => void (isAway = true)],
        handler: (socket, { session }) => socket.send(String(session?.['user'])),
      });
    });
    const { headers } = await server.get('/login');
    const { next, client } = await server.open('/me', cookiesOf(headers['set-cookie']));
    expect(await next()).toBe('ann');
    client.terminate();
  });
});

/** A stored session after its expiry. */
function expired(json: string): string {
  const session = JSON.parse(json) as { cookie?: object };
  const { cookie } = session;
  return JSON.stringify({ ...session, _expire: 1, ...(cookie && { cookie: { ...cookie, expires: new Date(1) } }) });
}

function cookiesOf(setCookie: readonly string[] | undefined): Nodes['cookies'] {
  return { headers: { Cookie: (setCookie ?? []).map((cookie) => cookie.split(';', 1)[0]).join('; ') } };
}

function userOf({ session }: { readonly session?: { readonly user?: string } | null | undefined }): string | undefined {
  return session?.user;
}

/** How an upgrade ends: with the status that refuses it, or with the code and reason that close its socket. */
async function outcomeOf(
  server: Serving,
  cookies: Nodes['cookies'],
): Promise<{ status: number } | { code: number; reason: string }> {
  try {
    return await (
      await server.open('/me', cookies)
    ).closed;
  } catch (error) {
    const [, status] = /^Refused with (\d+)/.exec((error as Error).message) ?? [];
    if (status === undefined) throw error;
    return { status: Number(status) };
  }
}

import { Random } from '@turnout/test-kit/random';
import { expect, test, vi } from 'vitest';
import { createClient, type Client } from '../src/index.ts';
import { FakeNetwork } from './fake-network.ts';
import { FakePage } from './fake-page.ts';
import { OwnClock } from './own-clock.ts';

/** TURNOUT_SEED=n reruns only the seed that failed. */
const replayed = process.env['TURNOUT_SEED'];
const seedCount = process.env['TURNOUT_LONG'] === '1' ? 50_000 : 2_000;
/** Generous, so that an overloaded machine does not fail the test. */
const timeout = 30 * 60_000;
const outcomes = ['works', 'fails', 'hangs', 'comes late'] as const;

/**
 * Longer than any wait of the client: a hanging step, the session check, the close, and the longest back-off after
 * 1013.
 */
const quiet = 4 * 1_000 + 30_000 + 1_000 + 40_000;

/** The model of one schedule. */
class Schedule {
  readonly random: Random;
  readonly clock: OwnClock;
  readonly page = new FakePage();
  readonly network = new FakeNetwork();
  readonly client: Client;
  readonly told = { state: 'connecting', opens: 0, closes: 0, errors: 0, sessionEnds: 0, subscribed: 0 };
  readonly does: Record<'url' | 'authenticate', (typeof outcomes)[number]> = { url: 'works', authenticate: 'works' };
  session: number | 'hangs' | 'fails' = 200;
  failures = 0;
  attempts = 0;
  isClosedByUs = false;
  /** Ended by a final code or an ended session. */
  isFinal = false;

  constructor(random: Random, clock: OwnClock) {
    this.random = random;
    this.clock = clock;
    vi.stubGlobal('fetch', () => this.#fetch());
    const { WebSocket } = this.network;
    const isStatic = this.random.chance(30);
    this.client = createClient(isStatic ? '/live' : () => this.#step('url', this.#nextUrl()), {
      WebSocket,
      handshakeTimeout: 1_000,
      maxReconnectDelay: 30_000,
      finalCodes: [4401],
      sessionUrl: this.random.chance(50) ? '/session' : undefined,
      authenticate: this.random.chance(50) ? () => this.#step('authenticate', undefined) : undefined,
    });
    this.#listen();
    if (this.random.chance(70)) {
      this.client.subscribe('news', { onMessage: () => {}, onSubscribed: () => this.told.subscribed++ });
    }
  }

  #listen(): void {
    const { client, told } = this;
    client.onstatuschange = () => (told.state = client.status);
    client.onopen = () => told.opens++;
    client.onclose = () => told.closes++;
    client.onerror = () => told.errors++;
    client.onsessionended = () => told.sessionEnds++;
  }

  #nextUrl(): string {
    return (this.network.expectedUrl = `ws://server.example/live?attempt=${++this.attempts}`);
  }

  async #fetch(): Promise<Response> {
    const { session } = this;
    if (session === 'hangs') return new Promise(() => {});
    if (session === 'fails') throw new TypeError('Failed to fetch');
    if (session === 401) this.isFinal = true;
    return new Response(null, { status: session });
  }

  #step<Value>(name: 'url' | 'authenticate', value: Value): Value | Promise<Value> {
    const outcome = this.does[name];
    if (outcome === 'hangs') return new Promise(() => {});
    if (outcome === 'comes late') {
      return new Promise((resolve) => void setTimeout(() => resolve(value), this.random.below(5_000)));
    }
    if (outcome === 'works') return this.random.chance(50) ? value : Promise.resolve(value);
    this.failures++;
    if (this.random.chance(50)) throw new Error('No token');
    return Promise.reject(new Error('No token'));
  }

  act(): void {
    const { random, clock, network, page, client, does } = this;
    const acts: (() => void)[] = [
      () => (network.handshake = random.pick(['opens', 'is refused', 'hangs'] as const)),
      () => (network.isMute = random.chance(50)),
      () => (network.delay = random.pick([1, 50, 900])),
      () => (does.url = random.pick(outcomes)),
      () => (does.authenticate = random.pick(outcomes)),
      () => (this.session = random.pick([200, 503, 'hangs', 'fails', 200, 503, 401] as const)),
      () => page.goOffline(),
      () => page.goOnline(),
      () => page.show(),
      () => page.window.dispatchEvent(new Event('pageshow')),
      () => clock.sleep(3_600_000),
      () => this.endSockets(random.pick([1006, 1001, 1011, 1012, 1013])),
      () => this.endSockets(random.pick([1006, 1006, 1006, 1008, 4401])),
      () => void client.send('hello'),
    ];
    random.pick(acts)();
    if (random.chance(1)) this.close();
  }

  endSockets(code: number): void {
    for (const socket of this.network.open) {
      if (code === 1008 || code === 4401) this.isFinal = true;
      socket.end(code);
    }
  }

  close(): void {
    this.isClosedByUs = true;
    this.client.close();
  }

  /** Repairs everything without an event of the page: only timers can notice. */
  heal(): void {
    Object.assign(this.network, { handshake: 'opens', isMute: false, delay: 1 });
    Object.assign(this.does, { url: 'works', authenticate: 'works' });
    this.session = 200;
  }
}

function check({ client, told, network, isClosedByUs, isFinal }: Schedule): void {
  expect(network.faults).toEqual([]);
  expect(told.state).toBe(client.status);
  expect(told.closes).toBe(client.status === 'closed' ? 1 : 0);
  expect(told.sessionEnds).toBeLessThanOrEqual(told.closes);
  // The client ends only for a reason.
  if (client.status === 'closed') expect(isClosedByUs || isFinal).toBe(true);
}

async function run(random: Random, clock: OwnClock): Promise<void> {
  const schedule = new Schedule(random, clock);
  const { client, told, network } = schedule;
  for (let step = random.below(40); step >= 0; step--) {
    schedule.act();
    await clock.advance(random.pick([0, 1, 10, 500, 2_000, 12_000]));
    check(schedule);
  }
  schedule.heal();
  await clock.advance(quiet);
  check(schedule);
  if (client.status !== 'closed') {
    expect(client.status).toBe('open');
    expect(network.open).toHaveLength(1);
    expect(told.opens).toBeGreaterThan(0);
    expect(told.errors).toBeGreaterThanOrEqual(schedule.failures > 0 ? 1 : 0);
    const isSubscribed = network.last.sent.some((data) => data.includes('subscribe'));
    if (told.subscribed > 0) expect(isSubscribed).toBe(true);
  }
  schedule.close();
  check(schedule);
  expect(network.open).toEqual([]);
  await clock.advance(60_000);
  check(schedule);
  expect(clock.pending).toEqual([]);
}

test(
  'a client never gets stuck, never stays silent, and never has two sockets, whatever happens',
  { timeout },
  async () => {
    const seeds = replayed === undefined ? Array.from({ length: seedCount }, (_, index) => index) : [Number(replayed)];
    for (const seed of seeds) {
      try {
        const random = new Random(seed);
        const clock = new OwnClock(() => random.below(1_000_000) / 1_000_000);
        await clock.run(() => run(random, clock));
      } catch (error) {
        throw new Error(`Run it again with TURNOUT_SEED=${seed}: ${(error as Error).message}`, { cause: error });
      }
    }
  },
);

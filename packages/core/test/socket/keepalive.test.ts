import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Keepalive, type KeepaliveOwner } from '../../src/socket/keepalive.ts';
import { createPair, createPipe } from './socket-pair.ts';
import { WebSocket } from '@turnout/core';

/** A tick of the keepalive with these limits. */
const tick = 625;
/**
 * The defaults but for an irrelevant millisecond: other tests started a real timer for the defaults.
 */
const limits = { pingInterval: 25_001, pongTimeout: 9_999 };

beforeEach(() => {
  vi.useFakeTimers();
});
const started: Keepalive[] = [];
afterEach(() => {
  for (const keepalive of started.splice(0)) keepalive.stop();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** A peer, and when it was pinged and declared gone, in ms from the start. */
class Peer implements KeepaliveOwner {
  readonly pings: number[] = [];
  gone: number | undefined;
  isListening = true;
  busyTime = 0;
  /** Whether it answers immediately. */
  answers = true;
  readonly #start = Date.now();
  readonly keepalive: Keepalive;

  constructor(own = limits) {
    this.keepalive = Keepalive.start(own, this)!;
    started.push(this.keepalive);
  }

  ping(): void {
    this.pings.push(Date.now() - this.#start);
    if (this.answers) queueMicrotask(() => this.keepalive.hear());
  }

  onSilent(): void {
    this.gone = Date.now() - this.#start;
    this.keepalive.stop();
  }
}

const pass = (milliseconds: number): Promise<unknown> => vi.advanceTimersByTimeAsync(milliseconds);

async function untilPinged(peer: Peer): Promise<void> {
  for (let ticks = 0; ticks < 40 && peer.pings.length === 0; ticks++) await pass(tick);
  expect(peer.pings).toHaveLength(1);
}

describe('Keepalive', () => {
  test('pings each peer every 22.5 to 25 s, whatever arrives from it, and not all at the same time', async () => {
    const peers = Array.from({ length: 100 }, () => new Peer());
    const busy = setInterval(() => peers[0]!.keepalive.hear(), 100);
    await pass(10 * 60_000);
    clearInterval(busy);
    for (const { pings, gone } of peers) {
      expect(gone).toBeUndefined();
      const gaps = pings.map((at, index) => at - (pings[index - 1] ?? 0));
      expect(Math.min(...gaps)).toBeGreaterThanOrEqual(22_500);
      expect(Math.max(...gaps)).toBeLessThanOrEqual(25_000);
    }
    expect(new Set(peers.map(({ pings }) => pings[0])).size).toBeGreaterThan(1);
    await pass(1);
    for (const { keepalive } of peers) keepalive.stop();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('detects a peer that falls silent at any time within 35 s', async () => {
    const peers = Array.from({ length: 50 }, () => new Peer());
    for (const [index, peer] of peers.entries()) setTimeout(() => (peer.answers = false), 25_000 + index * 600);
    await pass(120_000);
    for (const [index, peer] of peers.entries()) {
      const silence = peer.gone! - (25_000 + index * 600);
      expect(silence).toBeGreaterThanOrEqual(10_000);
      expect(silence).toBeLessThanOrEqual(35_000);
    }
    expect(vi.getTimerCount()).toBe(0);
  });

  test('accepts any byte as an answer, up to the last moment', async () => {
    const peer = new Peer();
    peer.answers = false;
    await untilPinged(peer);
    await pass(10_000 - 2 * tick);
    peer.keepalive.hear();
    await pass(5_000);
    expect(peer.gone).toBeUndefined();
    await pass(30_000);
    expect(peer.gone).toBeDefined();
  });

  test('does not accept bytes from just before the Ping as an answer', async () => {
    const peer = new Peer();
    peer.answers = false;
    // While it is held back, it counts as heard in each tick.
    peer.isListening = false;
    await untilPinged(peer);
    peer.isListening = true;
    await pass(11_250);
    expect(peer.gone! - peer.pings[0]!).toBeGreaterThanOrEqual(10_000);
    expect(peer.gone! - peer.pings[0]!).toBeLessThan(10_000 + tick);
  });

  test('pings a peer that is held back, but ignores its silence', async () => {
    const peer = new Peer();
    peer.answers = false;
    peer.isListening = false;
    await pass(10 * 60_000);
    expect([peer.gone, peer.pings.length > 20]).toEqual([undefined, true]);
    peer.isListening = true;
    await pass(35_000);
    expect(peer.gone).toBeDefined();
  });

  test('gives a peer the time for what was sent before the Ping in addition', async () => {
    const peer = new Peer();
    peer.answers = false;
    peer.busyTime = 60_000;
    await untilPinged(peer);
    await pass(69_000);
    expect(peer.gone).toBeUndefined();
    await pass(1_000 + 2 * tick);
    expect(peer.gone).toBeDefined();
  });

  test('does not count time in which the event loop was blocked', async () => {
    const peer = new Peer();
    peer.answers = false;
    await untilPinged(peer);
    // A late timer fires once, however late it is.
    vi.setSystemTime(Date.now() + 60 * 60_000);
    await pass(tick);
    expect(peer.gone).toBeUndefined();
    peer.keepalive.stop();
  });

  test('is null if pingInterval is Infinity, and never gives up if pongTimeout is', async () => {
    const owner = { isListening: true, busyTime: 0, ping: vi.fn<() => void>(), onSilent: vi.fn<() => void>() };
    expect(Keepalive.start({ ...limits, pingInterval: Infinity }, owner)).toBeNull();
    const patient = new Peer({ ...limits, pongTimeout: Infinity });
    patient.answers = false;
    await pass(60 * 60_000);
    expect([patient.gone, patient.pings.length]).toEqual([undefined, 1]);
    patient.keepalive.stop();
  });

  test('shares one timer among all with the same limits', () => {
    const peers = Array.from({ length: 1_000 }, () => new Peer());
    const other = new Peer({ pingInterval: 5_001, pongTimeout: 1_000 });
    expect(vi.getTimerCount()).toBe(2);
    for (const { keepalive } of [...peers, other]) keepalive.stop();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a socket', () => {
  test('pings, and stays open while the peer answers', async () => {
    const { server, client } = createPair(limits);
    const seen: string[] = [];
    client.on('ping', () => seen.push('ping'));
    server.on('pong', () => seen.push('pong'));
    await pass(60_000);
    expect(seen).toEqual(['ping', 'pong', 'ping', 'pong']);
    expect([server.readyState, client.readyState]).toEqual([server.OPEN, client.OPEN]);
    server.close();
    await pass(10);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('whose peer is gone ends with 1006, and a reason', async () => {
    const [end] = createPipe();
    const server = new WebSocket(end, { role: 'server', limits });
    const events: string[] = [];
    server.on('close', (code, reason) => events.push(`${code} ${String(reason)}`));
    await pass(35_000);
    expect(events).toEqual(['1006 No answer to a Ping within pongTimeout 9999 ms']);
    expect(server.readyState).toBe(server.CLOSED);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('that is paused ignores silence', async () => {
    const { server, client } = createPair(limits);
    server.pause();
    await pass(10 * 60_000);
    expect(server.readyState).toBe(server.OPEN);
    server.terminate();
    client.terminate();
    await pass(10);
    expect(vi.getTimerCount()).toBe(0);
  });
});

import { afterEach, describe, expect, test, vi } from 'vitest';
import { WebSocket } from '@turnout/core';
import { countWaiting, type SlowSender } from '../../src/socket/send-budget.ts';
import { createPair, PipeEnd, settle } from './socket-pair.ts';

afterEach(() => {
  vi.useRealTimers();
});

class Sender implements SlowSender {
  readonly maxTotalBufferedAmount = 1_000;
  readonly sheds: number[] = [];

  shed(total: number): void {
    this.sheds.push(total);
  }
}

describe('countWaiting', () => {
  test('sheds the slowest when all together are over the limit, and counts it no more', () => {
    const [one, two, three] = [new Sender(), new Sender(), new Sender()];
    countWaiting(one, 300);
    countWaiting(two, 400);
    countWaiting(three, 200);
    countWaiting(three, 300);
    expect([one.sheds, two.sheds, three.sheds]).toEqual([[], [], []]);
    countWaiting(three, 301);
    expect([one.sheds, two.sheds, three.sheds]).toEqual([[], [1_001], []]);
    countWaiting(three, 700);
    expect(three.sheds).toEqual([]);
    countWaiting(one, 0);
    countWaiting(three, 1_000);
    expect([one.sheds, three.sheds]).toEqual([[], []]);
    countWaiting(three, 0);
    countWaiting(two, 0);
  });
});

describe('maxTotalBufferedAmount', () => {
  test('of all sockets together: the one with most goes with 1013, and at once', async () => {
    const limits = { maxTotalBufferedAmount: 500_000 };
    const [much, little] = [createPair(limits), createPair(limits)];
    const errors: Error[] = [];
    much.server.on('error', (error) => errors.push(error));
    for (const { serverEnd } of [much, little]) serverEnd.isStalled = true;
    much.server.send(Buffer.alloc(300_000));
    little.server.send(Buffer.alloc(150_000));
    await settle();
    expect(much.server.readyState).toBe(much.server.OPEN);
    little.server.send(Buffer.alloc(60_000));
    const { code, reason } = await much.server.closed;
    expect(code).toBe(1013);
    expect(reason).toMatch(/^Slow peer: 5\d{5} bytes wait for all sockets, over maxTotalBufferedAmount 500000$/);
    expect(errors).toMatchObject([{ code: 'WS_ERR_SLOW_PEER' }]);
    expect(much.serverEnd.destroyed).toBe(true);
    little.serverEnd.release();
    await settle();
    expect(little.server.readyState).toBe(little.server.OPEN);
    // What waited for the one that has gone is forgotten.
    little.serverEnd.isStalled = true;
    little.server.send(Buffer.alloc(499_000));
    await settle();
    expect(little.server.readyState).toBe(little.server.OPEN);
    for (const socket of [little.server, little.client, much.client]) socket.terminate();
    await settle();
  });
});

/** A pipe with the idle timer of a TCP socket. */
class TimedPipeEnd extends PipeEnd {
  timer: NodeJS.Timeout | undefined;
  delays: number[] = [];

  setTimeout(milliseconds: number, callback: () => void): void {
    clearTimeout(this.timer);
    this.delays.push(milliseconds);
    if (milliseconds > 0) this.timer = setTimeout(callback, milliseconds);
  }
}

describe('sendTimeout', () => {
  const open = (limits: object = {}): { server: WebSocket; end: TimedPipeEnd } => {
    const [end, other] = [new TimedPipeEnd(), new PipeEnd()];
    end.other = other;
    other.other = end;
    other.resume();
    return { server: new WebSocket(end, { role: 'server', limits: { pingInterval: Infinity, ...limits } }), end };
  };

  test('is for how long bytes may wait: then 1013, at once', async () => {
    const { server, end } = open({ sendTimeout: 30 });
    end.isStalled = true;
    server.send('waits');
    expect(await server.closed).toEqual({
      code: 1013,
      reason: 'Slow peer: nothing has gone for sendTimeout 30 ms',
      wasClean: false,
    });
    expect([end.destroyed, end.delays]).toEqual([true, [30, 0]]);
  });

  test('begins when bytes wait, and ends when none do', async () => {
    const { server, end } = open();
    server.send('goes at once');
    await settle();
    expect(end.delays).toEqual([]);
    end.isStalled = true;
    server.send('waits');
    server.send('too');
    await settle();
    expect(end.delays).toEqual([10_000]);
    end.release();
    await settle();
    expect(end.delays).toEqual([10_000, 0]);
    server.terminate();
    await settle();
  });

  test('may be 0, which is a time limit, or Infinity, which is none', async () => {
    for (const [sendTimeout, delay] of [
      [0, 1],
      [Infinity, 0],
    ] as const) {
      const { server, end } = open({ sendTimeout });
      end.isStalled = true;
      server.send('waits');
      await new Promise((resolve) => setTimeout(resolve, 0));
      expect(end.delays[0]).toBe(delay);
      server.terminate();
      await settle();
    }
  });
});

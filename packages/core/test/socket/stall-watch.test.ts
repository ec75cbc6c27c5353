import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ProtocolError } from '../../src/errors.ts';
import type { StallLimits, StallWatch, WaitingOutput } from '../../src/socket/stall-watch.ts';

/** With rounds of its own: those of other tests' sockets run in real time. */
let StallWatchOfTest: typeof StallWatch;

beforeEach(async () => {
  vi.resetModules();
  ({ StallWatch: StallWatchOfTest } = await import('../../src/socket/stall-watch.ts'));
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A tick is judged after the I/O of its turn. */
async function pass(milliseconds: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(milliseconds);
  await vi.advanceTimersByTimeAsync(1);
}

const defaults = { sendTimeout: 10_004, maxBufferedAmount: 1_000 };

class Output implements WaitingOutput {
  isWaiting = true;
  bufferedAmount = 500;
  bytesGone = 0;
  stalled: { after: number; error: ProtocolError } | undefined;
  readonly watch: StallWatch;
  asked = 0;
  readonly #start = Date.now();

  constructor(limits: Partial<StallLimits> = {}) {
    this.watch = new StallWatchOfTest({ ...defaults, ...limits }, this);
    this.watch.start();
  }

  async askSystem(): Promise<void> {
    this.asked++;
  }

  onStalled(error: ProtocolError): void {
    this.stalled = { after: Date.now() - this.#start, error };
    this.watch.stop();
  }
}

describe('StallWatch', () => {
  test('finds a peer that takes nothing, after sendTimeout and a quarter of it at most', async () => {
    const output = new Output();
    await pass(10_003);
    expect(output.stalled).toBeUndefined();
    await pass(2_502);
    expect(output.stalled?.error).toMatchObject({
      code: 'WS_ERR_SLOW_PEER',
      closeCode: 1013,
      message: 'Slow peer: nothing has gone for sendTimeout 10004 ms',
    });
    expect(vi.getTimerCount()).toBe(0);
  });

  test('lets a peer be as slow as it likes while it moves, whatever waits', async () => {
    const output = new Output();
    output.bufferedAmount = Infinity;
    for (let seconds = 0; seconds < 600; seconds += 4) {
      output.bytesGone++;
      await pass(4_000);
    }
    expect(output.stalled).toBeUndefined();
    await pass(13_000);
    expect(output.stalled).toBeDefined();
  });

  test('gives a peer that does not move half the time over maxBufferedAmount', async () => {
    const output = new Output();
    output.bufferedAmount = 1_001;
    await pass(5_001);
    expect(output.stalled).toBeUndefined();
    await pass(2_502);
    expect(output.stalled?.error.message).toBe(
      'Slow peer: 1001 bytes wait, over maxBufferedAmount 1000, and none has gone for 5002 ms',
    );
  });

  test('has no time limit where sendTimeout is Infinity, but over maxBufferedAmount', async () => {
    const output = new Output({ sendTimeout: Infinity });
    await pass(60 * 60_000);
    expect(output.stalled).toBeUndefined();
    output.bufferedAmount = 1_001;
    await pass(18_750);
    expect(output.stalled?.error.message).toContain('none has gone for 12500 ms');
  });

  test('ends by itself when nothing waits any more, and begins anew', async () => {
    const output = new Output();
    await pass(9_000);
    output.isWaiting = false;
    await pass(2_501);
    expect(vi.getTimerCount()).toBe(0);
    output.isWaiting = true;
    output.watch.start();
    output.watch.start();
    await pass(10_003);
    expect(output.stalled).toBeUndefined();
    await pass(2_502);
    expect(output.stalled).toBeDefined();
  });
});

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ProtocolError } from '../../src/errors.ts';
import type { StallLimits, StallWatch, WaitingOutput } from '../../src/socket/stall-watch.ts';

/** With its own rounds: those of other tests' sockets run in real time. */
let StallWatchOfTest: typeof StallWatch;

beforeEach(async () => {
  vi.resetModules();
  ({ StallWatch: StallWatchOfTest } = await import('../../src/socket/stall-watch.ts'));
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A tick is evaluated after the I/O of its turn. */
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
  test('detects a peer that accepts nothing, after sendTimeout plus at most a quarter of it', async () => {
    const output = new Output();
    await pass(10_003);
    expect(output.stalled).toBeUndefined();
    await pass(2_502);
    expect(output.stalled?.error).toMatchObject({
      code: 'WS_ERR_SLOW_PEER',
      closeCode: 1013,
      message: 'Slow peer: accepted nothing for sendTimeout 10004 ms',
    });
    expect(vi.getTimerCount()).toBe(0);
  });

  test('lets a peer be as slow as it likes while it accepts bytes, however much is unsent', async () => {
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

  test('gives a peer that accepts nothing half the time over maxBufferedAmount', async () => {
    const output = new Output();
    output.bufferedAmount = 1_001;
    await pass(5_001);
    expect(output.stalled).toBeUndefined();
    await pass(2_502);
    expect(output.stalled?.error.message).toBe(
      'Slow peer: 1001 bytes are unsent, over maxBufferedAmount 1000, and it accepted none for 5002 ms',
    );
  });

  test('has no time limit if sendTimeout is Infinity, except over maxBufferedAmount', async () => {
    const output = new Output({ sendTimeout: Infinity });
    await pass(60 * 60_000);
    expect(output.stalled).toBeUndefined();
    output.bufferedAmount = 1_001;
    await pass(18_750);
    expect(output.stalled?.error.message).toContain('accepted none for 12500 ms');
  });

  test('stops when nothing is unsent, and restarts', async () => {
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

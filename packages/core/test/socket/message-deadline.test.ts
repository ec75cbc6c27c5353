import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { MessageDeadline, type MessageProgress } from '../../src/socket/message-deadline.ts';

beforeEach(() => {
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

class Progress implements MessageProgress {
  messageInProgress: { byteLength: number } | null = null;
  isReading = true;
  timedOutAfter: number | undefined;
  readonly #start = Date.now();
  readonly deadline: MessageDeadline;

  constructor() {
    // Differs from the time limits of sockets that other tests left open in real time.
    this.deadline = new MessageDeadline(30_008, this);
  }

  begin(byteLength = 1): void {
    this.messageInProgress = { byteLength };
    this.deadline.watch(this.messageInProgress);
  }

  onMessageTimeout(): void {
    this.timedOutAfter = Date.now() - this.#start;
    this.deadline.stop();
  }
}

describe('MessageDeadline', () => {
  test('ends a message that does not complete, after messageTimeout plus at most an eighth of it', async () => {
    const progress = new Progress();
    progress.begin();
    await pass(30_007);
    expect(progress.timedOutAfter).toBeUndefined();
    await pass(3_752);
    expect(progress.timedOutAfter).toBeDefined();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('adds a second for each KiB received: a slow link may take as long as it transfers bytes', async () => {
    const progress = new Progress();
    progress.begin();
    for (let seconds = 0; seconds < 600; seconds++) {
      if (progress.messageInProgress !== null) progress.messageInProgress.byteLength += 1024;
      progress.deadline.watch(progress.messageInProgress ?? { byteLength: 0 });
      await pass(1_000);
    }
    expect(progress.timedOutAfter).toBeUndefined();
    await pass(40_000);
    expect(progress.timedOutAfter).toBeDefined();
  });

  test('ends a message that trickles in byte by byte for ever', async () => {
    const progress = new Progress();
    progress.begin();
    for (let seconds = 0; seconds < 40; seconds++) {
      if (progress.messageInProgress !== null) progress.messageInProgress.byteLength++;
      await pass(1_000);
    }
    expect(progress.timedOutAfter).toBeLessThan(35_000);
  });

  test('restarts with each message, and ends with the last', async () => {
    const progress = new Progress();
    for (let messages = 0; messages < 10; messages++) {
      progress.begin();
      await pass(20_000);
    }
    progress.messageInProgress = null;
    await pass(4_000);
    expect([progress.timedOutAfter, vi.getTimerCount()]).toEqual([undefined, 0]);
    progress.begin();
    await pass(34_000);
    expect(progress.timedOutAfter).toBeDefined();
  });

  test('does not count time in which the socket is not read', async () => {
    const progress = new Progress();
    progress.begin();
    progress.isReading = false;
    await pass(60 * 60_000);
    expect(progress.timedOutAfter).toBeUndefined();
    progress.isReading = true;
    await pass(34_000);
    expect(progress.timedOutAfter).toBeDefined();
  });
});

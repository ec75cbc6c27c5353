import { stat } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { resolveOptions } from '@turnout/core/options';
import { PendingCalls, pendingOptions } from '../src/bus/pending-calls.ts';

const calls = (limits: object): PendingCalls => new PendingCalls(resolveOptions(pendingOptions, limits));

function standStill(time: number): void {
  for (const end = performance.now() + time; performance.now() < end;);
}

test('an answer that arrived while the event loop was blocked is in time', async () => {
  const answered = calls({ timeout: 50 }).run(() => stat(import.meta.filename));
  standStill(200);
  expect((await answered).isFile()).toBe(true);
});

test('a call without an answer times out', async () => {
  const answered = calls({ timeout: 50 }).run(() => new Promise(() => {}));
  await expect(answered).rejects.toMatchObject({ code: 'TOPIC_ERR_TIMEOUT' });
});

test('a publish of several calls counts against the limits, and each call has its own timeout', async () => {
  const pending = calls({ timeout: 300, maxPendingMessages: 1 });
  const wait = (time: number) => (): Promise<void> => new Promise((resolve) => setTimeout(resolve, time));
  const sent = pending.hold(1, async () => {
    for (let count = 0; count < 3; count++) await pending.run(wait(150));
  });
  expect(() => pending.hold(1, wait(0))).toThrow('1 messages are already pending (maxPendingMessages)');
  await sent;
  await pending.hold(1, wait(0));
});

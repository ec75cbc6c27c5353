import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { SessionExpiry } from '../../src/session/session-expiry.ts';
import { SessionWatch } from '../../src/session/session-watch.ts';
import { TestStore } from '../session-store.ts';

const day = 24 * 60 * 60 * 1000;
const start = Date.parse('2030-01-01T00:00:00Z');

beforeEach(() => {
  vi.useFakeTimers({ now: start, toFake: ['setTimeout', 'clearTimeout', 'Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A stored session that expires at `expires`, and whether its watch has ended. */
function watchSession(
  expires: unknown,
  store = new TestStore(),
): { expiry: SessionExpiry; ended: number[]; store: TestStore } {
  store.add('a', { cookie: { expires } });
  const request = { sessionID: 'a', sessionStore: store, session: { cookie: { expires } } };
  const watch = new SessionWatch(request);
  const ended: number[] = [];
  watch.whenEnded(() => ended.push(Date.now() - start));
  return { expiry: new SessionExpiry(request, watch), ended, store };
}

describe('a session', () => {
  test('ends when its cookie expires', async () => {
    const { ended } = watchSession(new Date(start + 1_000));
    await vi.advanceTimersByTimeAsync(999);
    expect(ended).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(ended).toEqual([1_000]);
  });

  test('that was extended in the store ends at the later time', async () => {
    const { ended, store } = watchSession(new Date(start + 1_000).toISOString());
    store.add('a', { cookie: { expires: new Date(start + 5_000) } });
    await vi.advanceTimersByTimeAsync(4_999);
    expect(ended).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(ended).toEqual([5_000]);
  });

  test('that is missing from the store, or that the store cannot load, ends', async () => {
    const gone = watchSession(new Date(start + 1_000));
    gone.store.sessions.clear();
    const failing = watchSession(new Date(start + 1_000));
    failing.store.beforeAnswer = () => Promise.reject(new Error('away'));
    const silent = watchSession(new Date(start + 1_000), Object.assign(new TestStore(), { load: undefined }) as never);
    await vi.advanceTimersByTimeAsync(1_000);
    expect([gone.ended, failing.ended, silent.ended]).toEqual([[1_000], [1_000], [1_000]]);
  });

  test('that no longer expires continues', async () => {
    const { ended, store } = watchSession(new Date(start + 1_000));
    store.add('a', { cookie: { expires: null } });
    await vi.advanceTimersByTimeAsync(day);
    expect(ended).toEqual([]);
  });

  test.each([[null], [false], [undefined], ['whenever'], [5]])(
    'that expires at %j does not expire',
    async (expires) => {
      const { ended } = watchSession(expires);
      await vi.advanceTimersByTimeAsync(day);
      expect([ended, vi.getTimerCount()]).toEqual([[], 0]);
    },
  );

  test('may live longer than the longest timer', async () => {
    const { ended } = watchSession(new Date(start + 40 * day));
    await vi.advanceTimersByTimeAsync(39 * day);
    expect(ended).toEqual([]);
    await vi.advanceTimersByTimeAsync(day);
    expect(ended).toEqual([40 * day]);
  });

  test('that is no longer watched ends silently', async () => {
    const before = watchSession(new Date(start + 1_000));
    before.expiry.release();
    const meanwhile = [watchSession(new Date(start + 1_000)), watchSession(new Date(start + 1_000))];
    meanwhile[1]!.store.add('a', { cookie: { expires: new Date(start + 5_000) } });
    for (const { expiry, store } of meanwhile) store.beforeAnswer = () => expiry.release();
    await vi.advanceTimersByTimeAsync(day);
    expect([before, ...meanwhile].map(({ ended }) => ended)).toEqual([[], [], []]);
    expect(vi.getTimerCount()).toBe(0);
  });
});

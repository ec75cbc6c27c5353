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

/** A session in a store that expires when it says, and a note of its end. */
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

  test('that was prolonged in the store ends when that has passed', async () => {
    const { ended, store } = watchSession(new Date(start + 1_000).toISOString());
    store.add('a', { cookie: { expires: new Date(start + 5_000) } });
    await vi.advanceTimersByTimeAsync(4_999);
    expect(ended).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(ended).toEqual([5_000]);
  });

  test('that the store does not have, or cannot give, any more has not been prolonged', async () => {
    const gone = watchSession(new Date(start + 1_000));
    gone.store.sessions.clear();
    const failing = watchSession(new Date(start + 1_000));
    failing.store.beforeAnswer = () => Promise.reject(new Error('away'));
    const silent = watchSession(new Date(start + 1_000), Object.assign(new TestStore(), { load: undefined }) as never);
    await vi.advanceTimersByTimeAsync(1_000);
    expect([gone.ended, failing.ended, silent.ended]).toEqual([[1_000], [1_000], [1_000]]);
  });

  test('that expires no more goes on', async () => {
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

  test('may have longer to live than a timer can wait', async () => {
    const { ended } = watchSession(new Date(start + 40 * day));
    await vi.advanceTimersByTimeAsync(39 * day);
    expect(ended).toEqual([]);
    await vi.advanceTimersByTimeAsync(day);
    expect(ended).toEqual([40 * day]);
  });

  test('that nobody waits for any more ends silently', async () => {
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

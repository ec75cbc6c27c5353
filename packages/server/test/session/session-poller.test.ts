import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { SessionPoller } from '../../src/session/session-poller.ts';
import { SessionWatch } from '../../src/session/session-watch.ts';
import { TestStore } from '../session-store.ts';

function watch(store: TestStore, sessionID: string): SessionWatch {
  return new SessionWatch({ sessionID, sessionStore: store, session: {} });
}

describe('the session poller', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test('ends the watches of sessions that are missing from the store, within an interval and a part', async () => {
    const store = new TestStore();
    for (const id of ['a', 'b']) store.add(id, {});
    const poller = new SessionPoller(800);
    const watches = [watch(store, 'a'), watch(store, 'a'), watch(store, 'b')];
    for (const one of watches) poller.add(one);
    await vi.advanceTimersByTimeAsync(0);
    store.sessions.delete('a');
    await vi.advanceTimersByTimeAsync(900);
    expect(watches.map((one) => one.isEnded)).toEqual([true, true, false]);
  });

  test('asks about each session once per interval', async () => {
    const store = new TestStore();
    const ids = Array.from({ length: 20 }, (_, index) => `s${index}`);
    for (const id of ids) store.add(id, {});
    const poller = new SessionPoller(800);
    for (const id of [...ids, ...ids]) poller.add(watch(store, id));
    await vi.advanceTimersByTimeAsync(0);
    store.calls.length = 0;
    await vi.advanceTimersByTimeAsync(800);
    expect(store.calls.toSorted()).toEqual(ids.map((id) => `load ${id}`).toSorted());
  });

  test('asks about a session again within an interval, whichever others come and go', async () => {
    const store = new TestStore();
    const poller = new SessionPoller(800);
    const add = (id: string): SessionWatch => {
      store.add(id, {});
      const one = watch(store, id);
      poller.add(one);
      return one;
    };
    const others = Array.from({ length: 30 }, (_, index) => add(`before ${index}`));
    await vi.advanceTimersByTimeAsync(150);
    add('observed');
    const asked: number[] = [];
    const start = Date.now();
    const load = store.load.bind(store);
    store.load = (id, callback) => {
      if (id === 'observed') asked.push(Date.now() - start);
      load(id, callback);
    };
    for (let step = 0; step < 16; step++) {
      await vi.advanceTimersByTimeAsync(100);
      others.pop()?.release();
      add(`after ${step}`);
    }
    expect(asked).toHaveLength(2);
    expect([asked[0]! <= 800, asked[1]! - asked[0]!]).toEqual([true, 800]);
  });

  test('does not end a session that was never stored, or whose store fails', async () => {
    const store = new TestStore();
    store.add('failing', {});
    const poller = new SessionPoller(80);
    const watches = [watch(store, 'new'), watch(store, 'failing')];
    for (const one of watches) poller.add(one);
    await vi.advanceTimersByTimeAsync(0);
    store.beforeAnswer = () => Promise.reject(new Error('No store'));
    await vi.advanceTimersByTimeAsync(400);
    expect(watches.map((one) => one.isEnded)).toEqual([false, false]);
  });

  test('is idle without watches, and if the interval is Infinity', async () => {
    const store = new TestStore();
    store.add('a', {});
    const poller = new SessionPoller(80);
    const one = watch(store, 'a');
    poller.add(one);
    one.release();
    poller.add(one);
    new SessionPoller(Infinity).add(watch(store, 'a'));
    await vi.advanceTimersByTimeAsync(0);
    expect([vi.getTimerCount(), store.calls]).toEqual([0, ['load a']]);
    poller.add(watch(store, 'a'));
    expect(vi.getTimerCount()).toBe(1);
  });
});

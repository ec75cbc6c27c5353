import { describe, expect, test } from 'vitest';
import { adaptStore } from '../../src/adapter.ts';
import { SessionWatch } from '../../src/session/session-watch.ts';

type Data = Record<string, unknown>;

/** A store with promises and without a method `load`. */
class PromiseStore {
  readonly sessions = new Map<string, Data>();
  isFailing = false;

  async destroy(id: string): Promise<void> {
    if (this.isFailing) throw new Error('Cannot destroy');
    this.sessions.delete(id);
  }
}

function adapt(store: PromiseStore) {
  return adaptStore(store, () => {
    const destroy = store.destroy.bind(store);
    return {
      load: async (id) => store.sessions.get(id),
      save: async (id, session) => store.sessions.set(id, { ...session }),
      destroy,
      touch: (session) => {
        session['expires'] = 'later';
      },
    };
  });
}

function called<Value>(call: (callback: (error?: Error | null, value?: Value) => void) => unknown): Promise<unknown> {
  return new Promise((resolve) => call((error, value) => resolve(error ?? value)));
}

describe('an adapted store', () => {
  test('is created once per store', () => {
    const store = new PromiseStore();
    expect(adapt(store)).toBe(adapt(store));
  });

  test('loads and saves with the given operations', async () => {
    const store = new PromiseStore();
    store.sessions.set('a', { user: 'ann' });
    const adapted = adapt(store);
    const session = (await called((callback) => adapted.load!('a', callback as never))) as Data & {
      save(callback: () => void): void;
    };
    expect(session).toEqual({ user: 'ann' });
    session['count'] = 1;
    await called((callback) => session.save(callback));
    expect(store.sessions.get('a')).toEqual({ user: 'ann', count: 1 });
    expect(await called((callback) => adapted.load!('b', callback as never))).toBeUndefined();
  });

  test('extends a session’s lifetime with the given operation', async () => {
    const store = new PromiseStore();
    store.sessions.set('a', { user: 'ann' });
    const watch = new SessionWatch({ sessionID: 'a', sessionStore: adapt(store), session: {} });
    await watch.update((session) => void session.touch!());
    expect(store.sessions.get('a')).toEqual({ user: 'ann', expires: 'later' });
  });

  test('passes on the store’s errors, with or without a callback', async () => {
    const store = new PromiseStore();
    const adapted = adapt(store);
    store.isFailing = true;
    expect(await called((callback) => adapted.destroy('a', callback))).toEqual(new Error('Cannot destroy'));
    adapted.destroy('a');
  });

  test('notifies the watches when destroy() of the store itself is called', async () => {
    const store = new PromiseStore();
    const watch = new SessionWatch({ sessionID: 'a', sessionStore: adapt(store), session: {} });
    let isEnded = false;
    watch.whenEnded(() => (isEnded = true));
    await store.destroy('a');
    expect(isEnded).toBe(true);
  });
});

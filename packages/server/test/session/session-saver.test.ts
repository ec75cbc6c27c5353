import { describe, expect, test } from 'vitest';
import { SessionSaver } from '../../src/session/session-saver.ts';
import { SessionWatch } from '../../src/session/session-watch.ts';
import { TestStore } from '../session-store.ts';
import type { WithSession } from '../session-store.ts';

function track(data: Record<string, unknown>): {
  store: TestStore;
  request: WithSession & { session: Record<string, unknown> };
  changes: SessionSaver;
} {
  const store = new TestStore();
  store.add('a', data);
  const request = { sessionID: 'a', sessionStore: store, session: store.data('a')! };
  return { store, request, changes: new SessionSaver(request, new SessionWatch(request)) };
}

describe('what a handler changes in a session', () => {
  test('is stored key by key, and nothing else is', async () => {
    const { store, request, changes } = track({ cookie: { path: '/' }, user: 'ann', visits: 1, cart: [1], old: true });
    Object.assign(request.session, { visits: 2, fresh: { a: 1 }, cookie: { path: '/else' }, skipped: undefined });
    (request.session.cart as number[]).push(2);
    delete request.session.old;
    store.add('a', { cookie: { path: '/' }, user: 'bob', visits: 1, cart: [1], old: true, later: 'kept' });
    await changes.save();
    expect(store.data('a')).toEqual({
      cookie: { path: '/' },
      user: 'bob',
      visits: 2,
      cart: [1, 2],
      fresh: { a: 1 },
      later: 'kept',
    });
  });

  test('is not written if nothing has changed, nor twice', async () => {
    const { store, request, changes } = track({ visits: 1 });
    await changes.save();
    request.session.visits = 2;
    await changes.save();
    await changes.save();
    expect(store.calls).toEqual(['load a', 'save a']);
  });

  test('is written in order if the store is slow', async () => {
    const { store, request, changes } = track({ visits: 1 });
    const waiting: (() => void)[] = [];
    store.beforeAnswer = () => new Promise((resolve) => waiting.push(resolve));
    request.session.visits = 2;
    const first = changes.save();
    request.session.visits = 3;
    const second = changes.save();
    for (let step = 0; step < 4; step++) {
      while (waiting.length === 0) await new Promise((resolve) => setImmediate(resolve));
      expect(waiting).toHaveLength(1);
      waiting.pop()!();
    }
    await Promise.all([first, second]);
    expect([store.calls, store.data('a')]).toEqual([['load a', 'save a', 'load a', 'save a'], { visits: 3 }]);
  });

  test('does not restore a session that has ended', async () => {
    const { store, request, changes } = track({ visits: 1 });
    request.session.visits = 2;
    store.destroy('a');
    await changes.save();
    expect([store.calls, store.data('a')]).toEqual([['destroy a', 'load a'], undefined]);
  });

  test('does not restore a session that ends between load and save', async () => {
    const { store, request, changes } = track({ visits: 1 });
    request.session.visits = 2;
    const load = store.load.bind(store);
    store.load = (id, callback) =>
      load(id, (error, session) => {
        store.destroy(id);
        callback(error, session);
      });
    await changes.save();
    expect([store.calls, store.data('a')]).toEqual([['load a', 'destroy a'], undefined]);
  });

  test('does not restore a session that ends while it is being saved', async () => {
    const { store, request, changes } = track({ visits: 1 });
    request.session.visits = 2;
    store.beforeAnswer = (step) => {
      if (step === 'save') store.destroy('a');
    };
    await changes.save();
    expect([store.calls, store.data('a')]).toEqual([['load a', 'destroy a', 'save a', 'destroy a'], undefined]);
  });

  test('is not saved if the handler has regenerated, destroyed or unset the session', async () => {
    const { store, request, changes } = track({ visits: 1 });
    request.sessionID = 'b';
    Object.assign(request, { session: { visits: 2 } });
    await changes.save();
    expect(store.calls).toEqual([]);
    request.sessionID = 'a';
    Object.assign(request, { session: null });
    store.destroy('a');
    await changes.save();
    expect(store.data('a')).toBeUndefined();
  });

  test('may have a key that is a property of every object', async () => {
    const { store, request, changes } = track({ visits: 1 });
    Object.defineProperty(request.session, '__proto__', { value: { isAdmin: true }, enumerable: true });
    await changes.save();
    expect(store.sessions.get('a')).toBe('{"visits":1,"__proto__":{"isAdmin":true}}');
    expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined();
  });

  test.each(['load', 'save'])('rejects with the error of the store at %s', async (failing) => {
    const { store, request, changes } = track({ visits: 1 });
    store.beforeAnswer = (step) => {
      if (step === failing) throw new Error(`Cannot ${step}`);
    };
    request.session.visits = 2;
    await expect(changes.save()).rejects.toThrow(`Cannot ${failing}`);
  });

  test('is not stored if the store cannot load', async () => {
    const { store, request, changes } = track({ visits: 1 });
    Object.assign(store, { load: undefined });
    request.session.visits = 2;
    await changes.save();
    expect(store.calls).toEqual([]);
  });
});

import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { sessionOf } from '../../src/session/session-request.ts';
import { SessionWatch } from '../../src/session/session-watch.ts';
import { TestStore } from '../session-store.ts';

/** A watch of a session, and whether it has ended. */
function watch(store: TestStore, sessionID: string, ended: string[], name = sessionID): SessionWatch {
  const session = new SessionWatch({ sessionID, sessionStore: store, session: {} });
  session.whenEnded(() => ended.push(name));
  return session;
}

describe('a session', () => {
  test('that is destroyed ends all its watches, and no others', () => {
    const store = new TestStore();
    const ended: string[] = [];
    const watches = [watch(store, 'a', ended, 'a1'), watch(store, 'a', ended, 'a2'), watch(store, 'b', ended)];
    let answered = 0;
    store.destroy('a', () => answered++);
    expect(ended).toEqual(['a1', 'a2']);
    expect(watches.map((session) => session.isEnded)).toEqual([true, true, false]);
    expect([answered, store.calls]).toEqual([1, ['destroy a']]);
    store.destroy('a');
    store.destroy('unknown');
    expect(ended).toEqual(['a1', 'a2']);
  });

  test('that has already ended calls back at once', () => {
    const store = new TestStore();
    const session = new SessionWatch({ sessionID: 'a', sessionStore: store, session: {} });
    store.destroy('a');
    const ended: string[] = [];
    session.whenEnded(() => ended.push('a'));
    expect(ended).toEqual(['a']);
  });

  test('that is no longer watched ends silently', () => {
    const store = new TestStore();
    const ended: string[] = [];
    const [first, second] = [watch(store, 'a', ended, 'a1'), watch(store, 'a', ended, 'a2')];
    first.release();
    first.release();
    store.destroy('a');
    expect(ended).toEqual(['a2']);
    second.release();
    expect(first.isEnded).toBe(false);
  });

  test('ends, like all others, when its store is cleared', () => {
    const store = new TestStore();
    const ended: string[] = [];
    watch(store, 'a', ended);
    watch(store, 'b', ended);
    store.clear();
    expect([ended, store.calls]).toEqual([['a', 'b'], ['clear']]);
  });

  test('can be watched in a store that cannot be cleared', () => {
    const ended: string[] = [];
    const store = { destroy: () => {} };
    new SessionWatch({ sessionID: 'a', sessionStore: store, session: {} }).whenEnded(() => ended.push('a'));
    Reflect.apply(store.destroy as (id: string) => void, store, ['a']);
    expect(ended).toEqual(['a']);
    expect(Object.keys(store)).toEqual(['destroy']);
  });
});

describe('sessionOf() of a request', () => {
  const store = new TestStore();

  test.each<[string, object, boolean]>([
    ['with a session of a store', { sessionID: 'a', sessionStore: store, session: {} }, true],
    ['without a session', {}, false],
    ['whose session is kept in a cookie', { session: { user: 1 } }, false],
    ['whose session was destroyed', { sessionID: 'a', sessionStore: store }, false],
    ['whose session was unset', { sessionID: 'a', sessionStore: store, session: null }, false],
    ['whose store has no destroy()', { sessionID: 'a', sessionStore: {}, session: {} }, false],
    ['whose session ID is not a string', { sessionID: 7, sessionStore: store, session: {} }, false],
  ])('%s: %s', (_name, properties, isFound) => {
    const request = Object.assign(new IncomingMessage(new Socket()), properties);
    expect(sessionOf(request)).toBe(isFound ? request : undefined);
  });
});

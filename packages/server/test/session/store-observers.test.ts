import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { SessionStore } from '../../src/adapter.ts';
import type { StoredSession } from '../../src/session/session-request.ts';
import { SessionWatch } from '../../src/session/session-watch.ts';

type Answer = (error?: Error | null, session?: StoredSession | null) => void;

/** A store like those of express-session, whose calls the test answers. */
class SlowStore implements SessionStore {
  readonly answers: Answer[] = [];
  readonly calls: string[] = [];

  get(id: string, callback: Answer): void {
    this.calls.push(`get ${id}`);
    this.answers.push(callback);
  }

  set(id: string, _session: unknown, callback: Answer): void {
    this.calls.push(`set ${id}`);
    this.answers.push(callback);
  }

  destroy(id: string, callback: Answer): void {
    this.calls.push(`destroy ${id}`);
    this.answers.push(callback);
  }

  clear(callback: Answer): void {
    this.calls.push('clear');
    this.answers.push(callback);
  }

  load(id: string, callback: Answer): void {
    this.get(id, callback);
  }

  /** Answers the oldest call. */
  answer(error?: Error | null, session?: object): void {
    this.answers.shift()!(error, session as StoredSession | undefined);
  }
}

function watch(sessionStore: SessionStore): SessionWatch {
  return new SessionWatch({ sessionID: 'a', sessionStore, session: {} });
}

const ignore = (): void => {};

describe('a session that is watched', () => {
  test('is known to be stored once its store has returned or saved it', () => {
    const store = new SlowStore();
    const [read, saved] = [watch(store), new SessionWatch({ sessionID: 'b', sessionStore: store, session: {} })];
    store.get('a', ignore);
    store.set('b', {}, ignore);
    expect([read.knowledge, saved.knowledge]).toEqual(['unsaved', 'unsaved']);
    store.answer(null, {});
    store.answer();
    expect([read.knowledge, saved.knowledge]).toEqual(['stored', 'stored']);
  });

  test('is not known to be stored by an answer that is an error', () => {
    const store = new SlowStore();
    const session = watch(store);
    store.get('a', ignore);
    store.set('a', {}, ignore);
    store.answer(new Error('Cannot get'));
    store.answer(new Error('Cannot set'));
    expect(session.knowledge).toBe('unsaved');
  });

  test.each([
    ['with no session', null],
    ['with the error of a missing file', Object.assign(new Error('No such file'), { code: 'ENOENT' })],
  ])('has ended once the store answers %s, whoever asks', async (_how, error) => {
    for (const ask of [
      (store: SlowStore) => store.get('a', ignore),
      (_store: SlowStore, session: SessionWatch) => void session.check(),
    ]) {
      const store = new SlowStore();
      const session = watch(store);
      session.noteStored();
      ask(store, session);
      store.answer(error);
      await setImmediate();
      expect(session.isEnded).toBe(true);
    }
  });

  test('has not ended if the store fails', async () => {
    const store = new SlowStore();
    const session = watch(store);
    session.noteStored();
    store.get('a', ignore);
    store.answer(new Error('No store'));
    void session.check();
    store.answer(new Error('No store'));
    await setImmediate();
    expect(session.isEnded).toBe(false);
  });

  test('has not ended if the store answers a call from before it was saved', async () => {
    const store = new SlowStore();
    const session = watch(store);
    void session.check();
    store.get('a', ignore);
    session.noteStored();
    store.answer(null);
    store.answer(null);
    await setImmediate();
    expect(session.knowledge).toBe('stored');
  });

  test('has ended for those who read it while it was being destroyed', () => {
    const store = new SlowStore();
    const early = watch(store);
    store.destroy('a', ignore);
    const meanwhile = watch(store);
    expect([early.isEnded, meanwhile.isEnded]).toEqual([true, false]);
    store.answer();
    expect(meanwhile.isEnded).toBe(true);
  });

  test('has ended for those who read it while the store was being cleared', () => {
    const store = new SlowStore();
    const early = watch(store);
    store.clear(ignore);
    const meanwhile = watch(store);
    store.answer();
    expect([early.isEnded, meanwhile.isEnded]).toEqual([true, true]);
  });

  test('continues for those who read it if the store could not destroy it', () => {
    const store = new SlowStore();
    watch(store);
    store.destroy('a', ignore);
    store.clear(ignore);
    const meanwhile = watch(store);
    store.answer(new Error('Cannot destroy'));
    store.answer(new Error('Cannot clear'));
    expect(meanwhile.isEnded).toBe(false);
  });

  test('stays as it is in a store without load()', async () => {
    const session = watch({ destroy: () => {} });
    session.noteStored();
    expect([await session.verify(), session.knowledge]).toEqual([true, 'stored']);
    session.release();
    expect([session.knowledge, session.isOver]).toEqual(['unsaved', true]);
  });
});

describe('what a handshake saves', () => {
  test('is not saved if the session has ended, here or elsewhere', async () => {
    for (const end of [(session: SessionWatch) => session.end(), () => {}]) {
      const store = new SlowStore();
      const session = watch(store);
      session.noteStored();
      end(session);
      let saved = 0;
      store.set('a', {}, () => saved++);
      await setImmediate();
      if (!session.isEnded) store.answer(null);
      await expect.poll(() => saved).toBe(1);
      expect([session.isEnded, store.calls.includes('set a')]).toEqual([true, false]);
    }
  });

  test('is saved if the session still exists, or the store cannot answer', async () => {
    for (const [error, found] of [[null, {}], [new Error('No store')]] as const) {
      const store = new SlowStore();
      const session = watch(store);
      session.noteStored();
      let saved = 0;
      store.set('a', {}, () => saved++);
      await setImmediate();
      store.answer(error, found);
      await expect.poll(() => store.calls).toEqual(['get a', 'set a']);
      store.answer();
      expect(saved).toBe(1);
    }
  });

  test('is saved at once if the session is new, or the socket is open', () => {
    const store = new SlowStore();
    const session = watch(store);
    store.set('a', {}, ignore);
    session.noteStored();
    session.leaveHandshake();
    store.set('a', {}, ignore);
    expect(store.calls).toEqual(['set a', 'set a']);
  });

  test('is answered with a promise if the store uses promises', async () => {
    const stored = new Map<string, unknown>();
    const store = {
      get: async (id: string) => stored.get(id),
      set: async (id: string, session: unknown) => void stored.set(id, session),
      destroy: async (id: string) => stored.delete(id),
      load: (id: string, callback: Answer) => callback(null, stored.get(id) as StoredSession | undefined),
    };
    const session = watch(store as unknown as SessionStore);
    await store.set('a', 1);
    expect(session.knowledge).toBe('stored');
    await store.set('a', 2);
    expect(await store.get('a')).toBe(2);
    stored.delete('a');
    await store.set('a', 3);
    expect([session.isEnded, stored.has('a'), await store.destroy('a')]).toEqual([true, false, false]);
  });
});

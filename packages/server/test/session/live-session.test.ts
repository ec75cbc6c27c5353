import { connect, type WebSocket } from '@turnout/core';
import { describe, expect, test } from 'vitest';
import { liveSession, type LiveSession } from '../../src/index.ts';
import { serveRouter } from '@turnout/test-kit/serve-router';
import { sessionIn, TestStore, useStore } from '../session-store.ts';

async function open(store: TestStore, query = '?a'): Promise<{ socket: WebSocket; session: LiveSession | undefined }> {
  let session: LiveSession | undefined;
  let isOpen = false;
  const { url } = await serveRouter((app) => {
    app.use(useStore(store));
    app.ws('/', (socket) => {
      session = liveSession(socket);
      isOpen = true;
    });
  });
  const socket = await connect(`${url}/${query}`);
  await expect.poll(() => isOpen).toBe(true);
  return { socket, session };
}

describe('the live session of a socket', () => {
  test('has the current data of the store', async () => {
    const store = new TestStore();
    store.add('a', { user: 'ann' });
    const { socket, session } = await open(store);
    store.add('a', { user: 'ann', role: 'admin' });
    expect([session!.id, await session!.reload()]).toMatchObject(['a', { user: 'ann', role: 'admin' }]);
    socket.terminate();
  });

  test('keeps the changes of others, and is changed one update after another', async () => {
    const store = new TestStore();
    store.add('a', { count: 0 });
    const { socket, session } = await open(store);
    store.add('a', { count: 5, other: 'new' });
    const add = (data: Record<string, unknown>): void => {
      data['count'] = Number(data['count']) + 1;
    };
    expect(await Promise.all([session!.update(add), session!.update(add)])).toEqual([true, true]);
    expect(store.data('a')).toEqual({ count: 7, other: 'new' });
    socket.terminate();
  });

  test('keeps what the handler changes in request.session', async () => {
    const store = new TestStore();
    store.add('a', {});
    let updated: Promise<boolean> | undefined;
    const { url } = await serveRouter((app) => {
      app.use(useStore(store));
      app.ws('/', (socket, request) => {
        updated = liveSession(socket)!.update((data) => (data['live'] = 1));
        sessionIn(request)['own'] = 1;
      });
    });
    const socket = await connect(`${url}/?a`);
    await expect.poll(() => updated !== undefined).toBe(true);
    expect(await updated).toBe(true);
    await expect.poll(() => store.data('a')).toEqual({ live: 1, own: 1 });
    socket.terminate();
  });

  test('is extended with touch() of its session', async () => {
    const store = new TestStore();
    store.add('a', { user: 'ann' });
    const { socket, session } = await open(store);
    store.calls.length = 0;
    expect(await session!.touch()).toBe(true);
    expect(store.calls).toEqual(['load a', 'save a']);
    const load = store.load.bind(store);
    store.load = (id, callback) =>
      load(id, (error, stored) => {
        Object.assign(stored!, { touch: () => Object.assign(stored!, { touched: true }) });
        callback(error, stored);
      });
    await session!.touch();
    expect(store.data('a')).toMatchObject({ touched: true });
    socket.terminate();
  });

  test('is not restored once it has ended, not even while it is being saved', async () => {
    const store = new TestStore();
    store.add('a', {});
    const { session } = await open(store);
    store.beforeAnswer = (step) => {
      if (step === 'save') store.destroy('a');
    };
    expect(await session!.update((data) => (data['late'] = true))).toBe(false);
    expect(store.data('a')).toBeUndefined();
    store.add('a', {});
    expect([await session!.update(() => {}), await session!.reload()]).toEqual([false, null]);
    store.sessions.clear();
    expect([await session!.update(() => {}), await session!.reload()]).toEqual([false, null]);
  });

  test('rejects with the error of the change or the store, and keeps working', async () => {
    const store = new TestStore();
    store.add('a', { user: 'ann' });
    const { socket, session } = await open(store);
    const failed = session!.update(() => {
      throw new Error('Cannot change');
    });
    await expect(failed).rejects.toThrow('Cannot change');
    store.beforeAnswer = (step) => (step === 'save' ? Promise.reject(new Error('Cannot save')) : undefined);
    await expect(session!.update(() => {})).rejects.toThrow('Cannot save');
    store.beforeAnswer = () => {};
    expect(await session!.update(() => {})).toBe(true);
    socket.terminate();
  });

  test('closes all its sockets when it ends', async () => {
    const store = new TestStore();
    store.add('a', {});
    const { socket, session } = await open(store);
    await session!.destroy();
    expect((await socket.closed).code).toBe(3000);
  });

  test('does not exist without a session', async () => {
    const { socket, session } = await open(new TestStore(), '');
    expect(session).toBeUndefined();
    socket.terminate();
  });
});

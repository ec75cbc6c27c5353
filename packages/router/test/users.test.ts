import { connect } from '@turnout/core';
import { describe, expect, test } from 'vitest';
import type { NodeHub } from '../src/index.ts';
import { formatHandshake, RawClient, statusOf } from './raw-client.ts';
import { eventually, serveRouter } from './serving.ts';

/** The user is what the query says. */
const user = ({ url }: { url?: string }): string | undefined => url!.split('?')[1];

describe('the users of an app', () => {
  test('are disconnected over all their sockets, and nobody else is', async () => {
    const { url, router } = await serveRouter((app) => void app.ws('/', () => {}), { user });
    const sockets = await Promise.all(['?ann', '?ann', '?bob', ''].map((query) => connect(`${url}/${query}`)));
    await eventually(() => router.sockets.size === 4);
    expect(router.socketsOf('ann')).toHaveLength(2);
    expect([...router.sockets].map((socket) => socket.user)).toEqual(['ann', 'ann', 'bob', undefined]);
    expect(await router.disconnectUser('ann')).toBe(2);
    expect(await Promise.all(sockets.slice(0, 2).map((socket) => socket.closed))).toMatchObject([
      { code: 3000, reason: 'Disconnected' },
      { code: 3000, reason: 'Disconnected' },
    ]);
    await eventually(() => router.sockets.size === 2);
    expect(await router.disconnectUser('bob', { reconnect: true })).toBe(1);
    expect((await sockets[2]!.closed).code).toBe(1012);
    expect([router.socketsOf('ann'), await router.disconnectUser('nobody')]).toEqual([[], 0]);
    sockets[3]!.terminate();
  });

  test('are disconnected on all nodes that share a hub', async () => {
    const listeners: ((text: string) => void)[] = [];
    let isReached = true;
    const hub: NodeHub = {
      link: (_name, listener) => {
        listeners.push(listener);
        return async (text) => {
          if (isReached) for (const tell of listeners) tell(text);
          return isReached;
        };
      },
    };
    const [here, there] = await Promise.all(
      [1, 2].map(() => serveRouter((app) => void app.ws('/', () => {}), { user, hub })),
    );
    const sockets = await Promise.all([here!, there!].map(({ url }) => connect(`${url}/?ann`)));
    await eventually(() => there!.router.sockets.size === 1);
    expect(await here!.router.disconnectUser('ann', { reconnect: true })).toBe(1);
    for (const socket of sockets) expect((await socket.closed).code).toBe(1012);
    isReached = false;
    await expect(here!.router.disconnectUser('ann')).rejects.toThrow('Cannot tell other nodes to disconnect user ann');
  });

  test('are 500 where they cannot be told', async () => {
    const { port, errors } = await serveRouter((app) => void app.ws('/', () => {}), {
      user: () => {
        throw new Error('Who?');
      },
    });
    expect(statusOf(await RawClient.exchange(port, formatHandshake()))).toBe(500);
    expect(errors).toMatchObject([{ message: 'Who?' }]);
  });
});

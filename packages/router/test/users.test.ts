import { connect } from '@turnout/core';
import { describe, expect, test } from 'vitest';
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
    expect(router.disconnectUser('ann')).toBe(2);
    expect(await Promise.all(sockets.slice(0, 2).map((socket) => socket.closed))).toMatchObject([
      { code: 3000, reason: 'Disconnected' },
      { code: 3000, reason: 'Disconnected' },
    ]);
    await eventually(() => router.sockets.size === 2);
    expect(router.disconnectUser('bob', { reconnect: true })).toBe(1);
    expect((await sockets[2]!.closed).code).toBe(1012);
    expect([router.socketsOf('ann'), router.disconnectUser('nobody')]).toEqual([[], 0]);
    sockets[3]!.terminate();
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

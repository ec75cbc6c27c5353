import { connect } from '@turnout/core';
import { describe, expect, test } from 'vitest';
import type { NodeHub } from '../../src/index.ts';
import { RawClient, formatHandshake, statusOf } from '@turnout/test-kit/raw-client';
import { serveRouter } from '@turnout/test-kit/serve-router';

/** The user is the query. */
const user = ({ url }: { url?: string }): string | undefined => url!.split('?')[1];

describe('the users of an app', () => {
  test('are disconnected on all their sockets, and no other user is', async () => {
    const { url, router } = await serveRouter((app) => void app.ws('/', () => {}), { user });
    const sockets = await Promise.all(['?ann', '?ann', '?bob', ''].map((query) => connect(`${url}/${query}`)));
    await expect.poll(() => router.sockets.size).toBe(4);
    expect(router.socketsOf('ann')).toHaveLength(2);
    expect([...router.sockets].map((socket) => socket.user)).toEqual(['ann', 'ann', 'bob', undefined]);
    expect(await router.disconnectUser('ann')).toBe(2);
    expect(await Promise.all(sockets.slice(0, 2).map((socket) => socket.closed))).toMatchObject([
      { code: 3000, reason: 'Disconnected' },
      { code: 3000, reason: 'Disconnected' },
    ]);
    await expect.poll(() => router.sockets.size).toBe(2);
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
    await expect.poll(() => there!.router.sockets.size).toBe(1);
    expect(await here!.router.disconnectUser('ann', { reconnect: true })).toBe(1);
    for (const socket of sockets) expect((await socket.closed).code).toBe(1012);
    isReached = false;
    await expect(here!.router.disconnectUser('ann')).rejects.toMatchObject({
      name: 'DisconnectError',
      code: 'WS_ERR_NODES_UNREACHABLE',
      message: expect.stringContaining('Cannot tell other nodes to disconnect user ann'),
    });
  });

  test.each([
    ['finally', false, 401, 3000],
    ['with reconnect', true, 503, 1012],
  ])('are disconnected %s in the middle of a handshake', async (_how, reconnect, status, code) => {
    const gates: (() => void)[] = [];
    const handled: string[] = [];
    const wait = (go: () => void): void => void gates.push(go);
    const { url, router } = await serveRouter(
      (app) => {
        app.ws(
          '/middleware',
          (_request, _response, next) => wait(next),
          () => handled.push('middleware'),
        );
        app.ws(
          '/answer',
          (_request, response, next) => {
            const end = response.end.bind(response);
            response.end = () => {
              wait(end);
              return response;
            };
            next();
          },
          () => handled.push('answer'),
        );
      },
      { user },
    );
    const refused = connect(`${url}/middleware?ann`).catch((error: unknown) => error);
    const other = connect(`${url}/middleware?bob`);
    const closed = connect(`${url}/answer?ann`).then((socket) => socket.closed);
    await expect.poll(() => gates.length).toBe(3);
    expect(await router.disconnectUser('ann', { reconnect })).toBe(0);
    const later = connect(`${url}/middleware?ann`);
    await expect.poll(() => gates.length).toBe(4);
    for (const go of gates) go();
    expect(await refused).toMatchObject({ status });
    expect(await closed).toMatchObject({ code, reason: 'Disconnected' });
    for (const socket of [await other, await later]) socket.terminate();
    expect(handled).toEqual(['middleware', 'middleware']);
  });

  test('get 500 if the option user throws', async () => {
    const { port, errors } = await serveRouter((app) => void app.ws('/', () => {}), {
      user: () => {
        throw new Error('Who?');
      },
    });
    expect(statusOf(await RawClient.exchange(port, formatHandshake()))).toBe(500);
    expect(errors).toMatchObject([{ message: 'Who?' }]);
  });
});

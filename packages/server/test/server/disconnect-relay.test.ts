import { setTimeout as delay } from 'node:timers/promises';
import { connect } from '@turnout/core';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { AppOptions, NodeHub } from '../../src/index.ts';
import { DisconnectRelay } from '../../src/server/disconnect-relay.ts';
import { serveRouter } from '@turnout/test-kit/serve-router';

/** The user is the query. */
const user = ({ url }: { url?: string }): string | undefined => url?.split('?')[1];

interface Node {
  readonly hub: NodeHub;
  /** What is sent meanwhile does not come here. */
  isDeaf: boolean;
  /** How many of the next messages of this node cannot be sent. */
  failing: number;
  onGap(): void;
}

/** The hubs of nodes that miss what a test has them miss. */
function createNodes(count: number): { nodes: readonly Node[]; texts: string[] } {
  const listeners = new Map<Node, (text: string) => void>();
  const texts: string[] = [];
  const createNode = (): Node => {
    const node: Node = {
      isDeaf: false,
      failing: 0,
      onGap: () => {},
      hub: {
        link(_name, listener, onGap) {
          listeners.set(node, listener);
          node.onGap = onGap;
          return async (text) => {
            if (node.failing-- > 0) throw new Error('Too many messages');
            texts.push(text);
            for (const [to, tell] of listeners) if (!to.isDeaf) tell(text);
            return true;
          };
        },
      },
    };
    return node;
  };
  return { nodes: Array.from({ length: count }, createNode), texts };
}

const serve = ({ hub }: Node, options: AppOptions = {}) =>
  serveRouter((app) => void app.ws('/', () => {}), { user, hub, ...options });

describe('orders to disconnect a user', () => {
  test('that a node has missed are carried out once it knows that it has missed something', async () => {
    const { nodes } = createNodes(3);
    const [here, there] = await Promise.all(nodes.map((node) => serve(node)));
    const sockets = await Promise.all(['ann', 'bob', 'cid'].map((name) => connect(`${there!.url}/?${name}`)));
    await expect.poll(() => there!.router.sockets.size).toBe(3);
    nodes[1]!.isDeaf = true;
    await here!.router.disconnectUser('ann');
    await here!.router.disconnectUser('bob', { reconnect: true });
    nodes[1]!.isDeaf = false;
    nodes[1]!.onGap();
    expect((await sockets[0]!.closed).code).toBe(3000);
    expect((await sockets[1]!.closed).code).toBe(1012);
    expect(there!.router.socketsOf('cid')).toHaveLength(1);
    sockets[2]!.terminate();
  });

  test('are not carried out twice, nor on sockets that opened later', async () => {
    const { nodes } = createNodes(2);
    const handshakeTimeout = 50;
    const [here, there] = await Promise.all(nodes.map((node) => serve(node, { handshakeTimeout })));
    await here!.router.disconnectUser('ann');
    const ann = await connect(`${there!.url}/?ann`);
    nodes[1]!.isDeaf = true;
    await here!.router.disconnectUser('bob');
    await delay(2 * handshakeTimeout);
    const bob = await connect(`${there!.url}/?bob`);
    await here!.router.disconnectUser('cid');
    const cid = await connect(`${there!.url}/?cid`);
    nodes[1]!.isDeaf = false;
    nodes[1]!.onGap();
    // It opened so soon after the order that its upgrade may have begun before.
    await cid.closed;
    await expect.poll(() => there!.router.sockets.size).toBe(2);
    for (const socket of [ann, bob]) socket.terminate();
  });

  test('are asked for once for many gaps, and again if that fails', async () => {
    const { nodes, texts } = createNodes(3);
    const routers = await Promise.all(nodes.map((node) => serve(node)));
    await routers[0]!.router.disconnectUser('ann');
    nodes[1]!.failing = 1;
    for (let gap = 0; gap < 5; gap++) nodes[1]!.onGap();
    await expect.poll(() => texts.length).toBe(3);
    const requests = texts.map((text) => (JSON.parse(text) as { isRequest?: true }).isRequest === true);
    expect(requests).toEqual([false, true, false]);
  });

  test('are asked for by one node if all have missed something at once', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const { nodes, texts } = createNodes(3);
    const relays = nodes.map(({ hub }) => new DisconnectRelay(hub, () => {}));
    await relays[0]!.tell('ann', false);
    texts.length = 0;
    for (const node of nodes) node.onGap();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(texts.filter((text) => text.includes('isRequest'))).toHaveLength(1);
  });

  test('come in several messages if they are many', async () => {
    const { nodes, texts } = createNodes(2);
    const [here] = await Promise.all(nodes.map((node) => serve(node)));
    for (let count = 0; count < 501; count++) await here!.router.disconnectUser(`user ${count}`);
    texts.length = 0;
    nodes[1]!.onGap();
    await expect
      .poll(() => texts.map((text) => (JSON.parse(text) as { orders: unknown[] }).orders.length))
      .toEqual([0, 500, 1]);
  });
});

import { readFileSync } from 'node:fs';
import { connectNats } from '@turnout/nats';
import { createHub, type Hub, type TopicError, type TopicOptions } from '@turnout/topics';
import { describe, expect, onTestFinished, test } from 'vitest';
import { SocketServer } from '@turnout/test-kit/socket-server';
import { requireSystemPart } from '@turnout/test-kit/system-part';
import { collect } from './cluster.ts';
import { NatsSite } from './nats-site.ts';

const readme = readFileSync(new URL('../../packages/brokers/nats/README.md', import.meta.url), 'utf8');
const documented = /```nats\n([^]*?)```/.exec(readme)?.[1] ?? '';
const plain: TopicOptions = { envelope: true };
const kept: TopicOptions = { history: { size: 10, ttl: 60_000 } };
const brief: TopicOptions = { history: { size: 10, ttl: 100 } };
const credentials = { user: 'node', pass: 'secret' };

interface Node {
  readonly hub: Hub;
  /** The refusals that it reported. */
  readonly refusals: { readonly topic: string; readonly error: TopicError }[];
}

describe.skipIf(requireSystemPart('nats-server') === undefined)('the permissions of NATS', () => {
  const sockets = (): SocketServer => new SocketServer();

  async function startNode(site: NatsSite): Promise<Node> {
    const broker = await connectNats({
      servers: site.address,
      timeout: 2_000,
      removeIdleAfter: 200,
      client: credentials,
    });
    const hub = createHub({ broker, presenceInterval: 100, historyCheckInterval: 500, onError: () => {} });
    onTestFinished(() => hub.close());
    const refusals: Node['refusals'] = [];
    hub.on('refused', (refusal) => refusals.push(refusal));
    return { hub, refusals };
  }

  /** Does everything that a node does at NATS. Rejects with the first failure. */
  async function useAll({ hub }: Node, site: NatsSite): Promise<void> {
    const server = sockets();
    for (const [name, options] of [
      ['plain', plain],
      ['kept', kept],
    ] as const) {
      const topic = hub.topic(name, { ...options, presence: true });
      const pair = await server.open();
      await topic.subscribe(pair.socket, { person: { id: 'ann' } });
      const { data } = collect(pair);
      for (const text of ['1', '2']) expect(await topic.publish(text)).toBe(true);
      await expect.poll(() => data).toEqual([1, 2]);
    }
    const late = await server.open();
    const { data } = collect(late);
    await hub.topic('kept', { ...kept, presence: true }).subscribe(late.socket, { since: 'oldest' });
    await expect.poll(() => data).toEqual([1, 2]);
    await hub.topic('idle', brief).publish('1');
    const streams = await site.streams({ user: 'admin', pass: 'secret' });
    await expect.poll(() => streams.find('turnout.store.json.idle').catch(() => 'removed')).toBe('removed');
  }

  const withAdmin = (configuration: string): string =>
    configuration.replace('users = [', 'users = [\n    { user: admin, password: secret }\n');

  test('in the README are sufficient', async () => {
    const site = await NatsSite.start({ configuration: () => withAdmin(documented) });
    const [node, other] = [await startNode(site), await startNode(site)];
    await useAll(node, site);
    const server = sockets();
    const pair = await server.open();
    await other.hub.topic('prices', kept).subscribe(pair.socket);
    const { data } = collect(pair);
    const program = await site.connect({ user: 'prices', pass: 'secret' });
    expect((await program.request('turnout.store.json.prices', '1', { timeout: 5_000 })).json()).toMatchObject({
      seq: 1,
    });
    await expect.poll(() => data).toEqual([1]);
    expect([...node.refusals, ...other.refusals]).toEqual([]);
  });

  const needed = [...documented.slice(0, documented.indexOf('user: prices')).matchAll(/"([^"]+)"/g)]
    .map(([, subject]) => subject ?? '')
    // Only needed for a changed number of replicas.
    .filter((subject) => !subject.includes('UPDATE'));

  test.each([...new Set(needed)])('are reported if %s is missing', async (subject) => {
    const configuration = documented.replaceAll(`"${subject}",`, '').replaceAll(`"${subject}"`, '');
    const site = await NatsSite.start({ configuration: () => withAdmin(configuration) });
    const node = await startNode(site).catch((error: unknown) => error as TopicError);
    if (node instanceof Error) return expect(node).toMatchObject({ code: 'TOPIC_ERR_BROKER' });
    void useAll(node, site).catch(() => {});
    await expect
      .poll(() => node.refusals.map(({ error }) => error.code), { timeout: 5_000 })
      .toContain('TOPIC_ERR_BROKER');
    return expect(node.refusals[0]?.error.message).toMatch(/NATS has refused: .*Permissions Violation/);
  });

  test.each(['publish', 'subscribe'])('to %s are reported by the call that needs them', async (operation) => {
    const permissions =
      operation === 'publish'
        ? 'publish: { deny: "turnout.publish.node.closed" }'
        : 'subscribe: { deny: "turnout.live.*.closed" }';
    const site = await NatsSite.start({
      configuration: () =>
        `authorization { users = [{ user: node, password: secret, permissions: { ${permissions} } }] }\n`,
    });
    const node = await startNode(site);
    const { socket } = await sockets().open();
    const topic = node.hub.topic('closed', plain);
    const refused = { code: 'TOPIC_ERR_BROKER', message: expect.stringContaining('Permissions Violation') };
    if (operation === 'publish') {
      await topic.subscribe(socket);
      for (const text of ['1', '2']) await expect(topic.publish(text)).rejects.toMatchObject(refused);
    } else await expect(topic.subscribe(socket)).rejects.toMatchObject(refused);
    await expect.poll(() => node.refusals).toEqual([{ topic: 'closed', error: expect.objectContaining(refused) }]);
    // Others are not affected.
    const open = node.hub.topic('open', plain);
    await open.subscribe(socket);
    expect(await open.publish('1')).toBe(true);
  });

  test('that are removed while the server is down are reported, and recovered', async () => {
    let denied = '';
    const configuration = (): string =>
      `authorization { users = [{ user: node, password: secret, permissions: { subscribe: { deny: "${denied}" } } }] }\n`;
    const site = await NatsSite.start({ configuration: () => (denied === '' ? '' : configuration()) });
    const node = await startNode(site);
    const pair = await sockets().open();
    const topic = node.hub.topic('closed', plain);
    await topic.subscribe(pair.socket);
    const { data } = collect(pair);
    denied = 'turnout.live.*.closed';
    await restart(site, node.hub);
    await expect.poll(() => node.refusals.map(({ topic: name }) => name)).toEqual(['closed']);
    denied = '';
    await restart(site, node.hub);
    expect(await topic.publish('1')).toBe(true);
    await expect.poll(() => data).toEqual([1]);
  });

  async function restart(site: NatsSite, hub: Hub): Promise<void> {
    const restored = new Promise<void>((resolve) => hub.once('restored', resolve));
    await site.daemon.kill();
    await site.daemon.resume();
    await restored;
  }
});

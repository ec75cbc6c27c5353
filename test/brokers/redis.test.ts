import { once } from 'node:events';
import { connectRedis, type RedisBrokerOptions } from '@turnout/redis';
import type { HubOptions, TopicError, TopicOptions } from '@turnout/topics';
import { createClient } from 'redis';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { startRedis, type Daemon } from '@turnout/test-kit/daemon';
import { askRedis } from '@turnout/test-kit/redis-servers';
import { requireSystemPart } from '@turnout/test-kit/system-part';
import { collect, TestNode, type Received } from './cluster.ts';
import { aclOf } from './redis-acl.ts';

const history: TopicOptions = { history: true };
const plain: TopicOptions = { envelope: true };
const isMissing = requireSystemPart('redis-server') === undefined;
const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe.skipIf(isMissing)('Redis as a broker', () => {
  let daemon: Daemon;
  beforeAll(async () => {
    daemon = await startRedis();
  });
  afterAll(() => daemon.stop());
  beforeEach(() => ask('FLUSHALL'));

  const ask = (...command: string[]): Promise<unknown> => askRedis(daemon.port, ...command);
  const urlOf = (rest = ''): string => `redis://127.0.0.1:${daemon.port}${rest}`;
  const startNode = async (options: RedisBrokerOptions = {}, hub: HubOptions = {}): Promise<TestNode> =>
    new TestNode(await connectRedis({ url: urlOf(), ...options }), hub);
  const subscribe = async (node: TestNode, name: string, options: TopicOptions): Promise<Received> => {
    const pair = await node.open();
    await node.hub.topic(name, options).subscribe(pair.socket);
    return collect(pair);
  };
  const keys = async (): Promise<string[]> => ((await ask('KEYS', '*')) as string[]).toSorted();

  describe('ways to connect', () => {
    test('a client of createClient() can be passed, and is not changed', async () => {
      const client = createClient({ url: urlOf('/3') });
      await client.connect();
      onTestFinished(() => client.destroy());
      const node = new TestNode(await connectRedis({ duplicateOf: client }));
      const { data } = await subscribe(node, 'handed over', history);
      await node.hub.topic('handed over', history).publish('1');
      await expect.poll(() => data).toEqual([1]);
      expect(client.isPubSubActive).toBe(false);
      expect(await client.exists('turnout:3:{history:handed over}:stream')).toBe(1);
      await node.hub.close();
      expect(await client.set('own', 'kept')).toBe('OK');
    });

    test('more than one way is rejected, by name', async () => {
      const cluster = { rootNodes: [{ url: urlOf() }] };
      await expect(connectRedis({ url: urlOf(), cluster })).rejects.toThrow(
        new TypeError('Invalid options: expected one of url, cluster, sentinel, duplicateOf, got url and cluster'),
      );
      await expect(connectRedis({ cluster, client: {} })).rejects.toThrow(TypeError);
      await expect(connectRedis({ duplicateOf: {} as never })).rejects.toThrow('Invalid option duplicateOf');
      await expect(connectRedis({ url: urlOf(), prefix: '{' })).rejects.toThrow('Invalid prefix');
    });

    test('a server that is not a Cluster is rejected as one', async () => {
      await expect(connectRedis({ cluster: { rootNodes: [{ url: urlOf() }] } })).rejects.toThrow(
        'cluster support disabled',
      );
      await expect(connectRedis({ cluster: { rootNodes: [] } })).rejects.toThrow('Invalid cluster');
    });
  });

  test('apps with different databases or prefixes share nothing', async () => {
    const nodes = [await startNode(), await startNode({ url: urlOf('/1') }), await startNode({ prefix: 'other:' })];
    const people: TopicOptions = { presence: true, envelope: true };
    const told: string[] = [];
    const received: Received[] = [];
    for (const [index, { hub }] of nodes.entries()) {
      hub.link('users', (text) => told.push(`${index} ${text}`));
      received.push(await subscribe(nodes[index]!, 'plain', plain), await subscribe(nodes[index]!, 'kept', history));
      const pair = await nodes[index]!.open();
      await hub.topic('people', people).subscribe(pair.socket, { person: { id: `user ${index}` } });
    }
    for (const [index, { hub }] of nodes.entries()) {
      await hub.topic('plain', plain).publish(String(index));
      await hub.topic('kept', history).publish(String(index));
      await hub.link('users', () => {})(`from ${index}`);
    }
    for (const [index, { data }] of received.entries()) await expect.poll(() => data).toEqual([index >> 1]);
    await expect.poll(() => told.length).toBe(3);
    expect(told.toSorted()).toEqual(['0 from 0', '1 from 1', '2 from 2']);
    for (const [index, { hub }] of nodes.entries()) {
      expect(hub.topic('people', people).people()).toEqual([{ id: `user ${index}` }]);
    }
  });

  describe('reading', () => {
    test('topics without messages leave nothing behind', async () => {
      const node = await startNode();
      const before = await keys();
      for (const index of range(100)) await subscribe(node, `unused ${index}`, history);
      expect(await keys()).toEqual(before);
      expect(before).toEqual(['turnout:0:epochs']);
    });

    test('a position from before the first message can be resumed at, on every node', async () => {
      const [here, there] = [await startNode(), await startNode()];
      const pair = await here.open();
      const begun = await here.hub.topic('new', history).subscribe(pair.socket);
      const { data, notes } = collect(pair);
      await there.hub.topic('new', history).publish('1');
      await there.hub.topic('new', history).publish('2');
      await expect.poll(() => data).toEqual([1, 2]);
      expect(notes.filter((note) => 'gap' in note)).toEqual([]);
      const late = await there.open();
      const since = { epoch: begun!.epoch!, offset: 0 };
      expect(await there.hub.topic('new', history).subscribe(late.socket, { since })).toMatchObject({
        recovered: true,
      });
    });

    test.each([
      ['deleted', () => ask('DEL', 'turnout:0:{history:gone}:position', 'turnout:0:{history:gone}:stream')],
      ['deleted except for its Stream', () => ask('DEL', 'turnout:0:{history:gone}:position')],
      ['flushed with all others', () => ask('FLUSHALL')],
    ])('a position in a history that was %s since then is not accepted', async (_, lose) => {
      const [here, there] = [await startNode(), await startNode()];
      const pair = await here.open();
      const empty = await here.hub.topic('gone', history).subscribe(pair.socket);
      for (const index of range(3)) await there.hub.topic('gone', history).publish(String(index));
      await lose();
      for (const index of range(5)) await there.hub.topic('gone', history).publish(String(index));
      const other = await startNode();
      for (const offset of [0, 2]) {
        const late = await other.open();
        const since = { epoch: empty!.epoch!, offset };
        expect(await other.hub.topic('gone', history).subscribe(late.socket, { since })).toMatchObject({
          recovered: false,
        });
      }
    });
  });

  describe('options that differ between nodes', () => {
    const other = { code: 'TOPIC_ERR_OPTIONS' };

    test.each([
      ['without history', plain],
      ['of another size', { history: { size: 5 } }],
      ['of another ttl', { history: { ttl: 1_000 } }],
    ])('a job %s gets an error, and nothing is trimmed', async (_, options) => {
      const [node, job] = [await startNode(), await startNode()];
      const { data } = await subscribe(node, 'kept', history);
      for (const index of range(10)) await node.hub.topic('kept', history).publish(String(index));
      await expect(job.hub.topic('kept', options).publish('"lost"')).rejects.toMatchObject(other);
      await expect.poll(() => data).toEqual(range(10));
      expect(await ask('XLEN', 'turnout:0:{history:kept}:stream')).toBe(10);
    });

    test('a job gets an error even if the topic was quiet for long', async () => {
      const [node, job] = [await startNode(), await startNode()];
      await subscribe(node, 'kept', history);
      await node.hub.topic('kept', history).publish('1');
      await ask('HSET', 'turnout:0:{history:kept}:position', 'used', '1');
      await expect(job.hub.topic('kept', { history: { size: 5 } }).publish('1')).rejects.toMatchObject(other);
    });

    const quiet = () => ask('HSET', 'turnout:0:{history:kept}:position', 'used', '1');
    const small: TopicOptions = { history: { size: 5 } };
    const length = () => ask('XLEN', 'turnout:0:{history:kept}:stream');

    test('a node that subscribes gets an error even if the topic was quiet for long', async () => {
      const [node, late] = [await startNode(), await startNode()];
      await subscribe(node, 'kept', history);
      for (const index of range(10)) await node.hub.topic('kept', history).publish(String(index));
      await quiet();
      const { socket } = await late.open();
      await expect(late.hub.topic('kept', small).subscribe(socket)).rejects.toMatchObject(other);
      await expect(late.hub.topic('kept', small).publish('"lost"')).rejects.toMatchObject(other);
      expect(await length()).toBe(10);
    });

    test('nodes that subscribed before the first message get an error, and nothing is trimmed', async () => {
      const [node, late] = [await startNode(), await startNode()];
      const refused: unknown[] = [];
      late.hub.on('refused', ({ topic, error }) => refused.push([topic, error.code]));
      const { data } = await subscribe(node, 'kept', history);
      await subscribe(late, 'kept', small);
      for (const index of range(10)) await node.hub.topic('kept', history).publish(String(index));
      await expect.poll(() => refused).toEqual([['kept', 'TOPIC_ERR_OPTIONS']]);
      await quiet();
      await expect(late.hub.topic('kept', small).publish('"lost"')).rejects.toMatchObject(other);
      expect(await length()).toBe(10);
      await expect.poll(() => data).toEqual(range(10));
    });

    test('a node that has subscribed before the first message continues with the options of others, and reports it once', async () => {
      const [node, late] = [await startNode(), await startNode()];
      const refused: unknown[] = [];
      late.hub.on('refused', ({ topic, error }) => refused.push([topic, error.code]));
      await subscribe(node, 'kept', history);
      const { data, notes } = await subscribe(late, 'kept', small);
      for (const index of range(10)) await node.hub.topic('kept', history).publish(String(index));
      await expect.poll(() => data).toEqual(range(10));
      const restored = [once(node.hub, 'restored'), once(late.hub, 'restored')];
      await ask('CLIENT', 'KILL', 'TYPE', 'pubsub');
      await Promise.all(restored);
      for (const index of range(10)) await node.hub.topic('kept', history).publish(String(index + 10));
      await expect.poll(() => data).toEqual(range(20));
      expect(notes.filter((note) => 'gap' in note)).toEqual([]);
      await expect.poll(() => refused.length).toBeGreaterThan(0);
      expect(new Set(refused.map(String))).toEqual(new Set(['kept,TOPIC_ERR_OPTIONS']));
      const again = await late.open();
      const epoch = String(await ask('HGET', 'turnout:0:{history:kept}:position', 'epoch'));
      const since = { epoch, offset: 5 };
      const received = collect(again);
      expect(await late.hub.topic('kept', small).subscribe(again.socket, { since })).toMatchObject({ recovered: true });
      await expect.poll(() => received.data).toEqual(range(20).slice(5));
    });

    test('nodes that start concurrently with new options agree, once the old nodes have stopped', async () => {
      const old = await startNode();
      for (const index of range(10)) await old.hub.topic('kept', history).publish(String(index));
      await old.hub.close();
      await quiet();
      const nodes = [await startNode(), await startNode(), await startNode()];
      const received = await Promise.all(nodes.map((node) => subscribe(node, 'kept', small)));
      expect(await length()).toBe(10);
      for (const { hub } of nodes) for (const index of range(5)) await hub.topic('kept', small).publish(String(index));
      for (const { data } of received) {
        await expect.poll(() => data).toEqual([...range(5), ...range(5), ...range(5)]);
      }
      expect(await length()).toBe(5);
    });

    test('options can be changed once nobody uses the old ones', async () => {
      const [node, job] = [await startNode(), await startNode()];
      await node.hub.topic('kept', history).publish('1');
      await ask('HSET', 'turnout:0:{history:kept}:position', 'used', '1');
      expect(await job.hub.topic('kept', { history: { size: 5 } }).publish('2')).toBe(true);
      await expect(node.hub.topic('kept', history).publish('3')).rejects.toMatchObject(other);
    });

    test('a job with history gets an error if others have none', async () => {
      const [node, job] = [await startNode(), await startNode()];
      await subscribe(node, 'plain', plain);
      await expect(job.hub.topic('plain', history).publish('1')).rejects.toMatchObject(other);
      expect(await keys()).toEqual(['turnout:0:epochs']);
    });

    test('a subscriber gets an error, either way', async () => {
      const [node, late] = [await startNode(), await startNode()];
      await subscribe(node, 'plain', plain);
      await subscribe(node, 'kept', history);
      for (const [name, options] of [
        ['plain', history],
        ['kept', plain],
      ] as const) {
        const { socket } = await late.open();
        await expect(late.hub.topic(name, options).subscribe(socket)).rejects.toMatchObject(other);
      }
      await node.hub.topic('kept', history).publish('1');
      const { socket } = await late.open();
      const sized = new TestNode(await connectRedis({ url: urlOf() })).hub.topic('kept', { history: { size: 5 } });
      await expect(sized.subscribe(socket)).rejects.toMatchObject(other);
    });
  });

  describe('what is not Turnout’s', () => {
    test('an entry in place of a message, with other fields, is skipped', async () => {
      const node = await startNode();
      const topic = node.hub.topic('kept', history);
      await topic.publish('1');
      await ask('HINCRBY', 'turnout:0:{history:kept}:position', 'offset', '1');
      await ask('XADD', 'turnout:0:{history:kept}:stream', '2-0', 'temperature', '21');
      await topic.publish('3');
      const pair = await node.open();
      const { data } = collect(pair);
      expect(await topic.subscribe(pair.socket, { since: 'oldest' })).toMatchObject({ recovered: true });
      await expect.poll(() => data.at(-1)).toBe(3);
      expect(data).not.toContain(21);
      expect(node.hub.counts.foreign).toBeGreaterThan(0);
    });

    test.each([
      ['an entry of now', () => ask('XADD', 'turnout:0:{history:kept}:stream', '*', 'temperature', '21')],
      ['an entry between two', () => ask('XADD', 'turnout:0:{history:kept}:stream', '3-7', 'temperature', '21')],
    ])('%s in a Stream is removed and counted, and the history continues', async (_, write) => {
      const [here, there] = [await startNode(), await startNode()];
      const { data, notes } = await subscribe(there, 'kept', history);
      for (const index of range(3)) await here.hub.topic('kept', history).publish(String(index));
      await write();
      for (const index of range(3)) await here.hub.topic('kept', history).publish(String(index + 3));
      await expect.poll(() => data).toEqual(range(6));
      expect(notes.filter((note) => 'gap' in note)).toEqual([]);
      const late = await there.open();
      const received = collect(late);
      await there.hub.topic('kept', history).subscribe(late.socket, { since: 'oldest' });
      await expect.poll(() => received.data).toEqual(range(6));
      await expect.poll(() => here.hub.counts.foreign + there.hub.counts.foreign).toBe(1);
      await expect.poll(() => ask('XLEN', 'turnout:0:{history:kept}:stream')).toBe(6);
    });

    test('a key of another type in place of a Stream, a position or the epochs does no lasting harm', async () => {
      const node = await startNode();
      const { data } = await subscribe(node, 'kept', history);
      for (const [index, key] of ['{history:kept}:stream', '{history:kept}:position', 'epochs'].entries()) {
        await node.hub.topic('kept', history).publish(`"before ${index}"`);
        await ask('SET', `turnout:0:${key}`, 'foreign');
        await node.hub.topic('kept', history).publish(`"after ${index}"`);
        await expect.poll(() => data.at(-1)).toBe(`after ${index}`);
      }
    });
  });

  describe('other programs', () => {
    test('publish JSON on a topic without history with PUBLISH', async () => {
      const [here, there] = [await startNode(), await startNode()];
      const received = [await subscribe(here, 'outside', plain), await subscribe(there, 'outside', plain)];
      for (const index of range(3)) await ask('PUBLISH', 'turnout:0:topic:outside', JSON.stringify({ index }));
      await ask('PUBLISH', 'turnout:0:topic:outside', 'no JSON');
      for (const { data, notes } of received) {
        await expect.poll(() => data).toEqual(range(3).map((index) => ({ index })));
        expect(notes.filter((note) => 'gap' in note)).toEqual([]);
      }
      await expect.poll(() => here.hub.counts.foreign).toBe(1);
    });

    test('put JSON into the inbox of a history: it is stored once, however many nodes there are', async () => {
      const nodes = [await startNode(), await startNode(), await startNode()];
      const received = await Promise.all(nodes.map((node) => subscribe(node, 'outside', history)));
      for (const index of range(250)) {
        await ask('RPUSH', 'turnout:0:{history:outside}:inbox', JSON.stringify({ index }));
        await ask('PUBLISH', 'turnout:0:{history:outside}', 'inbox');
      }
      for (const { data } of received) await expect.poll(() => data).toEqual(range(250).map((index) => ({ index })));
      expect(await ask('XLEN', 'turnout:0:{history:outside}:stream')).toBe(250);
      await ask('RPUSH', 'turnout:0:{history:outside}:inbox', 'no JSON', '"the last"');
      await ask('PUBLISH', 'turnout:0:{history:outside}', 'inbox');
      for (const { data } of received) await expect.poll(() => data.at(-1)).toBe('the last');
      expect(await ask('LLEN', 'turnout:0:{history:outside}:inbox')).toBe(0);
      await expect.poll(() => nodes.reduce((sum, { hub }) => sum + hub.counts.foreign, 0)).toBe(1);
    });

    test('messages put into an inbox while no node is running are stored by the first that starts', async () => {
      await ask('RPUSH', 'turnout:0:{history:outside}:inbox', '1', '2');
      const { data } = await subscribe(await startNode(), 'outside', history);
      await expect.poll(() => data).toEqual([1, 2]);
    });
  });

  describe('the ACL', () => {
    const rules = aclOf('on >secret');
    const nodeOf = async (without: RegExp, hub: HubOptions = {}): Promise<TestNode> => {
      await ask('ACL', 'SETUSER', 'turnout', 'reset', ...rules.filter((rule) => !without.test(rule)));
      return startNode({ url: `redis://turnout:secret@127.0.0.1:${daemon.port}` }, hub);
    };

    test('of the README is sufficient', async () => {
      const node = await nodeOf(/^$/);
      const [kept, other] = [await subscribe(node, 'kept', history), await subscribe(node, 'plain', plain)];
      await ask('XADD', 'turnout:0:{history:kept}:stream', '*', 'temperature', '21');
      await node.hub.topic('kept', history).publish('1');
      await node.hub.topic('plain', plain).publish('1');
      await ask('RPUSH', 'turnout:0:{history:kept}:inbox', '2');
      await ask('PUBLISH', 'turnout:0:{history:kept}', 'inbox');
      await expect.poll(() => kept.data).toEqual([1, 2]);
      await expect.poll(() => other.data).toEqual([1]);
      expect(await ask('ACL', 'LOG')).toEqual([]);
    });

    test('without the channels is reported to subscribers and publishers', async () => {
      const refused: unknown[] = [];
      const node = await nodeOf(/^&/, { onError: () => {} });
      node.hub.on('refused', (problem: unknown) => refused.push(problem));
      for (const options of [plain, history]) {
        const topic = node.hub.topic(`topic ${String('history' in options)}`, options);
        const { socket } = await node.open();
        const told = expect.objectContaining({
          code: 'TOPIC_ERR_BROKER',
          message: expect.stringMatching(/NOPERM|The user executing the script can't/) as string,
        });
        await expect(topic.subscribe(socket)).rejects.toEqual(told);
        await expect(topic.publish('1')).rejects.toEqual(told);
      }
      expect(refused.length).toBeGreaterThan(0);
      expect(((await ask('KEYS', '*:stream')) as unknown[]).length).toBe(0);
    });

    test.each([['+eval'], ['+publish'], ['+xadd'], ['~turnout'], ['+pubsub']])(
      'without %s is reported',
      async (rule) => {
        const node = await nodeOf(new RegExp(`^${rule.replace('+', '\\+')}`), { onError: () => {} });
        const error = await node.hub
          .topic('kept', history)
          .publish('1')
          .catch((reason: unknown) => reason);
        expect(error).toMatchObject({ code: 'TOPIC_ERR_BROKER' });
        expect((error as TopicError).message).toMatch(/NOPERM|permission|can't run this command|ACL/i);
      },
    );

    test('without ROLE is reported when it connects', async () => {
      await expect(nodeOf(/^\+role/)).rejects.toThrow('NOPERM');
    });
  });
});

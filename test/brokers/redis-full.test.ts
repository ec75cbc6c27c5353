import { mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connectRedis } from '@turnout/redis';
import type { TopicOptions } from '@turnout/topics';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Daemon } from '@turnout/test-kit/daemon';
import { askRedis, startRedisWith } from '@turnout/test-kit/redis-servers';
import { requireSystemPart } from '@turnout/test-kit/system-part';
import { collect, TestNode, type Received } from './cluster.ts';

const history: TopicOptions = { history: true };
const plain: TopicOptions = { envelope: true };
const people: TopicOptions = { presence: true, envelope: true };
const pingInterval = 50;
const historyCheckInterval = 50;

/** A way in which a master stops accepting writes. */
interface Trouble {
  begin(daemon: Daemon): Promise<void>;
  end(daemon: Daemon): Promise<void>;
}

const outOfMemory: Trouble = {
  async begin({ port }) {
    await askRedis(port, 'CONFIG', 'SET', 'maxmemory', '1');
  },
  async end({ port }) {
    await askRedis(port, 'CONFIG', 'SET', 'maxmemory', '0');
  },
};

const dumpOf = ({ place }: Daemon): string => join(place.folder, 'dump.rdb');

const cannotSave: Trouble = {
  async begin(daemon) {
    // In place of the file that it would write.
    mkdirSync(dumpOf(daemon));
    await askRedis(daemon.port, 'CONFIG', 'SET', 'save', '3600 1');
    await askRedis(daemon.port, 'BGSAVE');
    await expect
      .poll(async () => String(await askRedis(daemon.port, 'INFO', 'persistence')))
      .toContain('rdb_last_bgsave_status:err');
  },
  async end(daemon) {
    rmdirSync(dumpOf(daemon));
    await askRedis(daemon.port, 'CONFIG', 'SET', 'save', '');
  },
};

describe.skipIf(requireSystemPart('redis-server') === undefined)('a Redis server', () => {
  describe.each([
    ['whose memory is full', outOfMemory, /^Redis refuses topic kept: .*OOM/],
    ['that cannot save', cannotSave, /^Redis refuses topic kept: .*MISCONF/],
  ])('%s', (_, trouble, reason) => {
    const start = async (): Promise<Daemon> => {
      const daemon = await startRedisWith();
      onTestFinished(async () => {
        await trouble.end(daemon).catch(() => {});
        await daemon.stop();
      });
      return daemon;
    };
    const startNode = async ({ port }: Daemon): Promise<TestNode> =>
      new TestNode(await connectRedis({ url: `redis://127.0.0.1:${port}`, pingInterval }), { historyCheckInterval });
    const subscribe = async (node: TestNode, name: string, options: TopicOptions): Promise<Received> => {
      const pair = await node.open();
      await node.hub.topic(name, options).subscribe(pair.socket);
      return collect(pair);
    };
    const expectRefused = (node: TestNode) =>
      expect(node.hub.topic('kept', history).publish('"refused"')).rejects.toMatchObject({
        code: 'TOPIC_ERR_BROKER',
        message: expect.stringMatching(reason) as string,
      });

    test('refuses only messages of histories, until it can write again', async () => {
      const daemon = await start();
      const [here, there] = [await startNode(daemon), await startNode(daemon)];
      const events: string[] = [];
      for (const { hub } of [here, there]) hub.on('lost', () => events.push('lost'));
      const [kept, other] = [await subscribe(there, 'kept', history), await subscribe(there, 'plain', plain)];
      await here.hub.topic('kept', history).publish('1');
      await trouble.begin(daemon);
      await expectRefused(here);
      // Meanwhile it is asked whether it is a master.
      await delay(10 * pingInterval);
      expect(await here.hub.topic('plain', plain).publish('1')).toBe(true);
      const pair = await here.open();
      await here.hub.topic('people', people).subscribe(pair.socket, { person: { id: 'late' } });
      const watcher = await there.open();
      await there.hub.topic('people', people).subscribe(watcher.socket, { person: { id: 'watcher' } });
      await expect.poll(() => there.hub.topic('people', people).people().length).toBe(2);
      const reader = await here.open();
      const read = collect(reader);
      await here.hub.topic('kept', history).subscribe(reader.socket, { since: 'oldest' });
      await expect.poll(() => read.data).toEqual([1]);
      await subscribe(there, 'new', history);
      await trouble.end(daemon);
      expect(await here.hub.topic('kept', history).publish('2')).toBe(true);
      for (const { data, notes } of [kept, read]) {
        await expect.poll(() => data).toEqual([1, 2]);
        expect(notes.filter((note) => 'gap' in note)).toEqual([]);
      }
      expect(other.data).toEqual([1]);
      expect(events).toEqual([]);
    });

    test('accepts connections, at first and again', async () => {
      const daemon = await start();
      await (await startNode(daemon)).hub.topic('kept', history).publish('1');
      await trouble.begin(daemon);
      const [here, there] = [await startNode(daemon), await startNode(daemon)];
      const [kept, other] = [await subscribe(there, 'kept', history), await subscribe(there, 'plain', plain)];
      await expectRefused(here);
      const events: string[] = [];
      there.hub.on('lost', () => events.push('lost')).on('restored', () => events.push('restored'));
      await askRedis(daemon.port, 'CLIENT', 'KILL', 'TYPE', 'pubsub');
      await expect.poll(() => events).toEqual(['lost', 'restored']);
      await expect.poll(() => here.hub.isConnected).toBe(true);
      expect(await here.hub.topic('plain', plain).publish('1')).toBe(true);
      await expect.poll(() => other.data).toEqual([1]);
      await trouble.end(daemon);
      await here.hub.topic('kept', history).publish('2');
      await expect.poll(() => kept.data).toEqual([2]);
      expect(kept.notes.filter((note) => 'gap' in note)).toEqual([]);
    });

    test('that has never had a history accepts subscriptions to one', async () => {
      const daemon = await start();
      await trouble.begin(daemon);
      const [here, there] = [await startNode(daemon), await startNode(daemon)];
      const { data, notes } = await subscribe(there, 'kept', history);
      await delay(2 * historyCheckInterval);
      expect(notes.filter((note) => 'gap' in note)).toEqual([]);
      await expectRefused(here);
      await trouble.end(daemon);
      await here.hub.topic('kept', history).publish('1');
      // Delivered, or announced as missing.
      await expect.poll(() => data.length + notes.filter((note) => 'gap' in note).length).toBe(1);
      await here.hub.topic('kept', history).publish('2');
      await expect.poll(() => data.at(-1)).toBe(2);
    });
  });
});

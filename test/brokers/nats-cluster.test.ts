import { setTimeout as delay } from 'node:timers/promises';
import { connectNats } from '@turnout/nats';
import type { TopicOptions } from '@turnout/topics';
import { describe, expect, onTestFinished, test } from 'vitest';
import { freePort } from '../../tools/ports.mjs';
import { startNats, type Daemon } from '@turnout/test-kit/daemon';
import { requireSystemPart } from '@turnout/test-kit/system-part';
import { collect, TestNode } from './cluster.ts';

const isLong = process.env['TURNOUT_LONG'] === '1';
const kept: TopicOptions = { history: { size: 10_000, ttl: 600_000 } };
const plain: TopicOptions = { envelope: true };
const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

async function startCluster(): Promise<Daemon[]> {
  const ports = [await freePort(), await freePort(), await freePort()];
  const routes = ports.map((port) => `"nats://127.0.0.1:${port}"`).join(', ');
  return Promise.all(
    ports.map(async (port, index) => {
      const cluster = `cluster { name: turnout, listen: "127.0.0.1:${port}", routes: [${routes}] }`;
      const daemon = await startNats({ configuration: () => `server_name: server${index}\n${cluster}\n` });
      onTestFinished(() => daemon.stop());
      return daemon;
    }),
  );
}

describe.skipIf(requireSystemPart('nats-server') === undefined)('a NATS cluster of three servers', () => {
  async function startNode(daemons: readonly Daemon[]): Promise<TestNode> {
    const servers = daemons.map(({ port }) => `127.0.0.1:${port}`);
    return new TestNode(await connectNats({ servers, replicas: 3, timeout: 5_000 }));
  }

  /** JetStream chooses a leader first. */
  async function startPatiently(daemons: readonly Daemon[]): Promise<TestNode> {
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop -- one attempt after the other
      const node = await startNode(daemons).catch(() => undefined);
      if (node !== undefined) return node;
    }
  }

  test('that loses one of them loses no confirmed message', { timeout: 120_000 }, async () => {
    const daemons = await startCluster();
    const nodes = await Promise.all([daemons, daemons.toReversed(), daemons.slice(1)].map(startPatiently));
    const received = await Promise.all(
      nodes.map(async (node) => {
        const pair = await node.open();
        await node.hub.topic('kept', kept).subscribe(pair.socket);
        await node.hub.topic('plain', plain).subscribe(pair.socket);
        return collect(pair);
      }),
    );
    const confirmed = new Set<string>();
    let isPublishing = true;
    const publishing = nodes.map(async (node, from) => {
      for (let index = 0; isPublishing; index++) {
        const message = `${from}-${index}`;
        const isConfirmed = await node.hub
          .topic('kept', kept)
          .publish(JSON.stringify(message))
          .catch(() => false);
        if (isConfirmed) confirmed.add(message);
        else await delay(20);
      }
    });
    const moreConfirmed = async (count: number): Promise<void> => {
      const before = confirmed.size;
      await expect.poll(() => confirmed.size, { timeout: 40_000 }).toBeGreaterThan(before + count);
    };
    await moreConfirmed(200);
    // Whichever leads: one of them is lost at a time.
    for (const daemon of isLong ? daemons : daemons.slice(0, 1)) {
      await daemon.kill();
      await moreConfirmed(200);
      await daemon.resume();
    }
    isPublishing = false;
    await Promise.all(publishing);
    for (const { data, offsets } of received) {
      await expect
        .poll(() => [...confirmed].filter((message) => !data.includes(message)), { timeout: 30_000 })
        .toEqual([]);
      expect(offsets).toEqual(range(offsets.length).map((index) => index + 1));
    }
    // For the topic without history a gap is announced if their server failed.
    const gaps = received.flatMap(({ notes }) => notes).filter((note) => 'gap' in note);
    expect(gaps).toEqual(gaps.map(() => ({ gap: {} })));
    await expect
      .poll(() =>
        nodes[2]!.hub
          .topic('plain', plain)
          .publish('"end"')
          .catch(() => false),
      )
      .toBe(true);
    for (const { data } of received) await expect.poll(() => data).toContain('end');
  });
});

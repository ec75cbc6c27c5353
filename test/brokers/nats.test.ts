import { setTimeout as delay } from 'node:timers/promises';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { connectNats, type NatsBrokerOptions } from '@turnout/nats';
import type { TopicOptions } from '@turnout/topics';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { startNats, type Daemon } from '../system-parts/daemon.ts';
import { requireSystemPart } from '../system-parts/system-part.ts';
import { collect, TestNode } from './cluster.ts';

const envelope: TopicOptions = { envelope: true };

describe.skipIf(requireSystemPart('nats-server') === undefined)('NATS', () => {
  let daemon: Daemon;
  afterEach(() => daemon?.stop());

  const startNode = async (options: NatsBrokerOptions = {}): Promise<TestNode> =>
    new TestNode(await connectNats({ servers: `127.0.0.1:${daemon.port}`, timeout: 10_000, ...options }));

  async function manage() {
    const connection = await connect({ servers: `127.0.0.1:${daemon.port}` });
    onTestFinished(() => connection.close());
    const { streams } = await jetstreamManager(connection);
    return streams;
  }

  async function streamNames(): Promise<string[]> {
    const names: string[] = [];
    for await (const name of (await manage()).names()) names.push(name);
    return names;
  }

  test('without JetStream carries topics without history, and says what the others need', async () => {
    daemon = await startNats({ hasJetStream: false });
    const [here, there] = [await startNode(), await startNode()];
    const pair = await there.open();
    await there.hub.topic('plain', envelope).subscribe(pair.socket);
    const { data } = collect(pair);
    for (let index = 0; index < 10; index++) {
      expect(await here.hub.topic('plain', envelope).publish(String(index))).toBe(true);
    }
    await expect.poll(() => data).toEqual(Array.from({ length: 10 }, (_, index) => index));
    await expect(here.hub.topic('kept', { history: true }).publish('1')).rejects.toMatchObject({
      code: 'TOPIC_ERR_BROKER',
      message: 'The broker has failed: jetstream is not enabled',
    });
  });

  test('the stream that orders is made anew where it was removed', async () => {
    daemon = await startNats();
    const [here, there] = [await startNode(), await startNode()];
    const pair = await there.open();
    await there.hub.topic('plain', envelope).subscribe(pair.socket);
    const { data, notes } = collect(pair);
    const topic = here.hub.topic('plain', envelope);
    expect(await topic.publish('1')).toBe(true);
    await (await manage()).delete('turnout_order');
    await expect(topic.publish('2')).rejects.toMatchObject({ code: 'TOPIC_ERR_BROKER' });
    expect(await topic.publish('3')).toBe(true);
    await expect.poll(() => data).toEqual([1, 3]);
    expect(notes).toContainEqual({ gap: {} });
  });

  test('a history whose stream was removed begins anew', async () => {
    daemon = await startNats();
    const [here, there] = [await startNode(), await startNode()];
    const history: TopicOptions = { history: true };
    const pair = await there.open();
    await there.hub.topic('kept', history).subscribe(pair.socket);
    const { data, offsets, notes } = collect(pair);
    await here.hub.topic('kept', history).publish('1');
    await expect.poll(() => data).toEqual([1]);
    const [kept] = (await streamNames()).filter((name) => name !== 'turnout_order');
    await (await manage()).delete(kept!);
    await here.hub.topic('kept', history).publish('2');
    await expect.poll(() => data).toEqual([1, 2]);
    expect(offsets).toEqual([1, 1]);
    expect(notes).toContainEqual({ gap: { epoch: expect.any(String), offset: 0 } });
  });

  test('a topic that nobody needs any more leaves nothing behind', async () => {
    daemon = await startNats();
    const node = await startNode({ removeIdleAfter: 200 });
    const brief: TopicOptions = { history: { size: 10, ttl: 100 } };
    const long: TopicOptions = { history: true };
    const { socket } = await node.open();
    await node.hub.topic('followed', brief).subscribe(socket);
    await node.hub.topic('kept', long).publish('1');
    await node.hub.topic('idle', brief).publish('1');
    await expect.poll(streamNames).toHaveLength(3);
    await delay(500);
    expect(await streamNames()).toHaveLength(3);
    socket.terminate();
    await expect.poll(streamNames).toHaveLength(2);
    // It is made anew where it is wanted again.
    expect(await node.hub.topic('idle', brief).publish('2')).toBe(true);
  });

  test('says what is wrong with an option', async () => {
    await expect(connectNats({ prefix: 'a.b' })).rejects.toThrow('Invalid prefix: expected letters, digits, - and _');
    await expect(connectNats({ removeIdleAfter: Number.NaN })).rejects.toThrow(
      'Invalid removeIdleAfter: expected milliseconds above 0, received NaN',
    );
  });
});

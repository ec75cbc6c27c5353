import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { connectNats } from '@turnout/nats';
import type { BrokerTopic, TopicError, TopicOptions } from '@turnout/topics';
import { describe, expect, test } from 'vitest';
import { requireSystemPart } from '@turnout/test-kit/system-part';
import { collect, type TestNode } from './cluster.ts';
import { NatsSite } from './nats-site.ts';

const envelope: TopicOptions = { envelope: true };
const kept: TopicOptions = { history: true };
const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** The topics that a node reports as refused, with the code of each error. */
function collectRefusals(node: TestNode): string[] {
  const refusals: string[] = [];
  node.hub.on('refused', ({ topic, error }) => refusals.push(`${topic} ${error.code}`));
  return refusals;
}

describe.skipIf(requireSystemPart('nats-server') === undefined)('NATS', () => {
  test('without JetStream supports topics without history, and says what the others need', async () => {
    const site = await NatsSite.start({ hasJetStream: false });
    const [here, there] = [await site.startNode(), await site.startNode()];
    const pair = await there.open();
    await there.hub.topic('plain', envelope).subscribe(pair.socket);
    const { data } = collect(pair);
    for (let index = 0; index < 10; index++) {
      expect(await here.hub.topic('plain', envelope).publish(String(index))).toBe(true);
    }
    await expect.poll(() => data).toEqual(range(10));
    await expect(here.hub.topic('kept', kept).publish('1')).rejects.toMatchObject({
      code: 'TOPIC_ERR_BROKER',
      message: 'The broker has failed: jetstream is not enabled',
    });
  });

  test('orders topics without history once its server has JetStream', async () => {
    let jetStream = '';
    const site = await NatsSite.start({ configuration: () => jetStream, hasJetStream: false });
    const node = await site.startNode();
    const pair = await node.open();
    await node.hub.topic('plain', envelope).subscribe(pair.socket);
    const { data } = collect(pair);
    await site.daemon.kill();
    jetStream = `jetstream { store_dir: "${site.daemon.place.folder}" }\n`;
    const restored = new Promise<void>((resolve) => node.hub.once('restored', resolve));
    await site.daemon.resume();
    await restored;
    expect(await node.hub.topic('plain', envelope).publish('1')).toBe(true);
    await expect.poll(() => data).toEqual([1]);
    expect((await (await site.streams()).info('turnout_order')).state.last_seq).toBeGreaterThan(0);
  });

  test('the ordering stream is created again after its removal', async () => {
    const site = await NatsSite.start();
    const [here, there] = [await site.startNode(), await site.startNode()];
    const pair = await there.open();
    await there.hub.topic('plain', envelope).subscribe(pair.socket);
    const { data, notes } = collect(pair);
    const topic = here.hub.topic('plain', envelope);
    expect(await topic.publish('1')).toBe(true);
    await (await site.streams()).delete('turnout_order');
    await expect(topic.publish('2')).rejects.toMatchObject({ code: 'TOPIC_ERR_BROKER' });
    expect(await topic.publish('3')).toBe(true);
    await expect.poll(() => data).toEqual([1, 3]);
    expect(notes).toContainEqual({ gap: {} });
  });

  test('a history whose stream was removed restarts', async () => {
    const site = await NatsSite.start();
    const [here, there] = [await site.startNode(), await site.startNode()];
    const pair = await there.open();
    await there.hub.topic('kept', kept).subscribe(pair.socket);
    const { data, offsets, notes } = collect(pair);
    await here.hub.topic('kept', kept).publish('1');
    await expect.poll(() => data).toEqual([1]);
    const streams = await site.streams();
    await streams.delete(await streams.find('turnout.store.json.kept'));
    await here.hub.topic('kept', kept).publish('2');
    await expect.poll(() => data).toEqual([1, 2]);
    expect(offsets).toEqual([1, 1]);
    const { subscribed, gap } = Object.assign({}, ...notes) as Record<string, { epoch: string; offset: number }>;
    expect(gap?.offset).toBe(0);
    expect(gap?.epoch).not.toBe(subscribed?.epoch);
  });

  test('an unused topic leaves nothing behind, and a position in it is not accepted', async () => {
    const site = await NatsSite.start();
    const node = await site.startNode({ removeIdleAfter: 200 });
    const brief: TopicOptions = { history: { size: 10, ttl: 100 } };
    const { socket } = await node.open();
    await node.hub.topic('followed', brief).subscribe(socket);
    for (const topic of ['followed', 'idle']) await node.hub.topic(topic, brief).publish('1');
    await node.hub.topic('kept', kept).publish('1');
    expect(await site.histories()).toEqual(['followed', 'idle', 'kept']);
    const before = await node.open();
    const { epoch } = (await node.hub.topic('idle', brief).subscribe(before.socket))!;
    await delay(500);
    expect(await site.histories()).toEqual(['followed', 'idle', 'kept']);
    before.socket.terminate();
    socket.terminate();
    await expect.poll(() => site.histories()).toEqual(['kept']);
    for (const text of ['2', '3']) expect(await node.hub.topic('idle', brief).publish(text)).toBe(true);
    const late = await node.open();
    expect(
      await node.hub.topic('idle', brief).subscribe(late.socket, { since: { epoch: epoch!, offset: 1 } }),
    ).toMatchObject({ recovered: false });
  });

  test('subscribing creates no stream, and nothing is missed of a history that begins later', async () => {
    const site = await NatsSite.start();
    const [here, there] = [await site.startNode(), await site.startNode()];
    const pairs = [await here.open(), await there.open()];
    const positions = [
      await here.hub.topic('kept', kept).subscribe(pairs[0]!.socket),
      await there.hub.topic('kept', kept).subscribe(pairs[1]!.socket),
    ];
    const received = pairs.map((pair) => collect(pair));
    for (const index of range(50)) {
      const { socket } = await here.open();
      await here.hub.topic(`nobody publishes ${index}`, kept).subscribe(socket);
    }
    expect(await site.histories()).toEqual([]);
    await here.hub.topic('kept', kept).publish('1');
    for (const { data } of received) await expect.poll(() => data).toEqual([1]);
    expect(received.flatMap(({ notes }) => notes).filter((note) => 'gap' in note)).toEqual([]);
    const late = await there.open();
    expect(positions[0]!.epoch).toBe(positions[1]!.epoch);
    expect(
      await there.hub.topic('kept', kept).subscribe(late.socket, { since: { epoch: positions[0]!.epoch!, offset: 0 } }),
    ).toMatchObject({ recovered: true });
  });

  test('a message that is too long for the server is rejected immediately, and reaches nobody', async () => {
    const site = await NatsSite.start({ configuration: () => 'max_payload: 2000\n' });
    const [here, there] = [await site.startNode(), await site.startNode()];
    for (const options of [envelope, kept]) {
      const name = options === kept ? 'kept' : 'plain';
      const pairs = [await here.open(), await there.open()];
      await here.hub.topic(name, options).subscribe(pairs[0]!.socket);
      await there.hub.topic(name, options).subscribe(pairs[1]!.socket);
      const received = pairs.map((pair) => collect(pair));
      const topic = here.hub.topic(name, options);
      const publish = (length: number): Promise<boolean> => topic.publish(JSON.stringify('x'.repeat(length)));
      expect(() => publish(2_000)).toThrow(expect.objectContaining({ code: 'TOPIC_ERR_TOO_LONG' }));
      expect(() => publish(2_000)).toThrow('max_payload 2000 of the NATS server');
      // The longest accepted message arrives.
      let length = 1_999;
      for (let isSent = false; !isSent; length--) {
        try {
          isSent = await publish(length);
        } catch (error) {
          expect(error).toMatchObject({ code: 'TOPIC_ERR_TOO_LONG' });
        }
      }
      for (const { data } of received) await expect.poll(() => data).toEqual(['x'.repeat(length + 1)]);
      expect(length).toBeGreaterThan(1_850);
      expect(here.hub.isConnected).toBe(true);
    }
  });

  describe('the options of a topic that differ between nodes', () => {
    const refused = { code: 'TOPIC_ERR_OPTIONS' };
    const sized = (size: number, ttl = 60_000): TopicOptions => ({ history: { size, ttl } });

    test('are reported if one publishes without the stored history', async () => {
      const site = await NatsSite.start();
      const [node, job] = [await site.startNode(), await site.startNode()];
      await node.hub.topic('votes', kept).publish('1');
      await expect(job.hub.topic('votes').publish('2')).rejects.toMatchObject(refused);
      await expect(job.hub.topic('votes').publish('3')).rejects.toThrow(
        /Invalid options of topic votes: expected a history of size 1000 and ttl 120000, as .* has it, got no history/,
      );
    });

    test('are reported if one publishes without the history that another follows', async () => {
      const site = await NatsSite.start();
      const [node, job] = [await site.startNode(), await site.startNode()];
      const { socket } = await node.open();
      await node.hub.topic('votes', kept).subscribe(socket);
      await expect(job.hub.topic('votes').publish('2')).rejects.toMatchObject(refused);
    });

    test('are reported if one has a history that another follows without', async () => {
      const site = await NatsSite.start();
      const [node, job] = [await site.startNode(), await site.startNode()];
      const { socket } = await node.open();
      await node.hub.topic('votes').subscribe(socket);
      await expect(job.hub.topic('votes', kept).publish('2')).rejects.toMatchObject(refused);
      expect(await site.histories()).toEqual([]);
    });

    test('are reported to a subscriber if the other has published before', async () => {
      const site = await NatsSite.start();
      const [node, job] = [await site.startNode(), await site.startNode()];
      const refusals = collectRefusals(node);
      await job.hub.topic('votes').publish('1');
      const pair = await node.open();
      await node.hub.topic('votes', kept).subscribe(pair.socket);
      const { data } = collect(pair);
      await job.hub.topic('votes').publish('2');
      await expect.poll(() => refusals).toEqual(['votes TOPIC_ERR_OPTIONS']);
      expect(data).toEqual([]);
      expect(node.hub.counts.foreign).toBe(1);
    });

    test('are reported once to a node whose stream gets other limits, and it continues with them', async () => {
      const site = await NatsSite.start();
      const [node, job] = [await site.startNode(), await site.startNode()];
      const refusals = collectRefusals(node);
      const pair = await node.open();
      const { data, notes } = collect(pair);
      const topic = node.hub.topic('votes', sized(20));
      for (const index of range(5)) await job.hub.topic('votes', sized(20)).publish(String(index));
      const begun = await topic.subscribe(pair.socket, { since: 'oldest' });
      const streams = await site.streams();
      const stream = await streams.find('turnout.store.json.votes');
      await streams.update(stream, { max_msgs: 30 });
      const restored = once(node.hub, 'restored');
      await site.daemon.kill();
      await site.daemon.resume();
      await restored;
      const program = await site.connect();
      for (const index of range(5)) await program.request('turnout.store.json.votes', String(index + 5));
      await expect.poll(() => data).toEqual(range(10));
      expect(notes.filter((note) => 'gap' in note)).toEqual([]);
      const late = await node.open();
      const since = { epoch: begun!.epoch!, offset: 2 };
      expect(await topic.subscribe(late.socket, { since })).toMatchObject({ recovered: true });
      expect(refusals).toEqual(['votes TOPIC_ERR_OPTIONS']);
    });

    test('do not trim the history of others', async () => {
      const site = await NatsSite.start();
      const node = await site.startNode();
      for (const index of range(20)) await node.hub.topic('votes', sized(20)).publish(String(index));
      for (const options of [sized(5), sized(50), sized(20, 61_000)]) {
        const job = await site.startNode();
        const refusals = collectRefusals(job);
        await expect(job.hub.topic('votes', options).publish('2')).rejects.toMatchObject(refused);
        const { socket } = await job.open();
        await expect(job.hub.topic('votes', options).subscribe(socket)).rejects.toMatchObject(refused);
        expect(refusals).toEqual(['votes TOPIC_ERR_OPTIONS']);
      }
      const streams = await site.streams();
      expect(await streams.info(await streams.find('turnout.store.json.votes'))).toMatchObject({
        config: { max_msgs: 20 },
        state: { messages: 20 },
      });
    });
  });

  test('3,000 histories that are joined in one turn are all followed, and nothing is created for them', async () => {
    const site = await NatsSite.start();
    const node = await site.startNode();
    const pairs = await Promise.all(range(30).map(() => node.open()));
    const received = pairs.map((pair) => collect(pair));
    const names = range(3_000).map((index) => `room ${index}`);
    await Promise.all(names.map((name, index) => node.hub.topic(name, kept).subscribe(pairs[index % 30]!.socket)));
    expect(await site.histories()).toEqual([]);
    const chosen = names.filter((_, index) => index % 30 === 7);
    const other = await site.startNode();
    for (const name of chosen) await other.hub.topic(name, kept).publish(JSON.stringify(name));
    await expect.poll(() => received[7]!.data).toEqual(chosen);
    expect(node.hub.counts.gaps).toBe(0);
  });

  test('the first messages of 900 histories in one turn are all stored, by all nodes', async () => {
    const site = await NatsSite.start();
    const nodes = [await site.startNode({ timeout: 1_000 }), await site.startNode({ timeout: 1_000 })];
    const names = range(900).map((index) => `room ${index}`);
    const published = nodes.flatMap(({ hub }, node) =>
      names.map((name) => hub.topic(name, kept).publish(String(node))),
    );
    const results = await Promise.allSettled(published);
    expect(results.filter(({ status }) => status === 'rejected')).toEqual([]);
    const streams = await site.streams();
    let messages = 0;
    for await (const { state } of streams.list('turnout.store.*.*')) messages += state.messages;
    expect(messages).toBe(2 * names.length);
  });

  test('first messages are rejected if JetStream does not answer, however many they are', async () => {
    const site = await NatsSite.start();
    const node = await site.startNode({ timeout: 200 });
    site.daemon.signal('SIGSTOP');
    const published = range(500).map((index) => node.hub.topic(`room ${index}`, kept).publish('1'));
    const results = await Promise.allSettled(published);
    site.daemon.signal('SIGCONT');
    const codes = new Set(results.map((result) => (result.status === 'rejected' ? result.reason.code : 'confirmed')));
    expect([...codes]).toEqual(['TOPIC_ERR_TIMEOUT']);
  });

  test('10,000 topics that are joined in one turn all receive, and again once the server is restored', async () => {
    const site = await NatsSite.start();
    const patient = { servers: site.address, timeout: 60_000, client: { pingInterval: 10_000 } };
    const [one, other] = [await connectNats(patient), await connectNats(patient)];
    let restored = 0;
    const errors: TopicError[] = [];
    for (const broker of [one, other]) {
      broker.start({
        onLost: () => {},
        onRestored: () => restored++,
        onForeign: () => {},
        onRefused: (_topic, error) => errors.push(error),
      });
    }
    const topics = range(10_000).map((index): BrokerTopic => ({ name: `room ${index}`, history: null }));
    const heard = new Set<string>();
    await one.join(topics.map((topic) => ({ topic, receiver: () => heard.add(topic.name) })));
    let sequence = 0;
    const tellAll = async (): Promise<void> => {
      heard.clear();
      sequence++;
      await Promise.all(topics.map((topic) => other.tell(topic, { origin: 'x.0', sequence, key: '', data: '1' })));
      await expect.poll(() => heard.size, { timeout: 20_000 }).toBe(10_000);
    };
    await tellAll();
    await site.daemon.kill();
    await site.daemon.resume();
    await expect.poll(() => restored, { timeout: 20_000 }).toBe(2);
    await tellAll();
    expect(errors).toEqual([]);
    await Promise.all([one.close(), other.close()]);
  });

  test("the application's connection is shared, and left open", async () => {
    const site = await NatsSite.start();
    const connection = await site.connect();
    const [here, there] = [await site.startNode({ connection }), await site.startNode({ connection })];
    const pair = await there.open();
    await there.hub.topic('kept', kept).subscribe(pair.socket);
    const { data } = collect(pair);
    await here.hub.topic('kept', kept).publish('1');
    await expect.poll(() => data).toEqual([1]);
    await here.hub.close();
    await there.hub.close();
    expect(connection.isClosed()).toBe(false);
    await connection.flush();
    await expect(connectNats({ connection, servers: site.address })).rejects.toThrow(
      'Invalid option connection: expected it alone',
    );
  });

  test('a temporarily wrong password does not end it permanently', async () => {
    let password = 'old';
    const configuration = (): string => `authorization { user: node, password: ${password} }\n`;
    const site = await NatsSite.start({ configuration });
    const node = await site.startNode({ client: { user: 'node', pass: 'old' } });
    await site.daemon.kill();
    password = 'other';
    await site.daemon.resume();
    // Long enough for several attempts.
    await delay(5_000);
    expect(node.hub.isConnected).toBe(false);
    await site.daemon.kill();
    password = 'old';
    await site.daemon.resume();
    await expect.poll(() => node.hub.isConnected, { timeout: 10_000 }).toBe(true);
  });
});

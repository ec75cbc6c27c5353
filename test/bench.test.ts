import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ClusterNodes } from '../bench/src/cluster-nodes.ts';
import { clusterScenarios } from '../bench/src/cluster-scenarios.ts';
import { formatClusterTable } from '../bench/src/cluster-table.ts';
import { ExpectedReplies } from '../bench/src/expected-replies.ts';
import { FrameStream } from '../bench/src/frame-stream.ts';
import { LoadConnection } from '../bench/src/load-connection.ts';
import { firstPayload, maskedFrame, plainFrame } from '../bench/src/masked-frame.ts';
import { median } from '../bench/src/median.ts';
import { peers, type Peer, type PeerName } from '../bench/src/peers.ts';
import { choose, takeTurns } from '../bench/src/rounds.ts';
import { scenarios } from '../bench/src/scenarios.ts';
import { ServerProcess } from '../bench/src/server-process.ts';
import { formatTable, summarize } from '../bench/src/summary.ts';
import { requireSystemPart } from '@turnout/test-kit/system-part';

describe('the frames of the load', () => {
  test('have the bytes of RFC 6455 §5.7', () => {
    expect(plainFrame(Buffer.from('Hello'), { opcode: 1 }).toString('hex')).toBe('810548656c6c6f');
    const masked = maskedFrame(Buffer.from('Hello'), { opcode: 1 });
    const key = masked.subarray(2, 6);
    expect(masked.subarray(0, 2).toString('hex')).toBe('8185');
    expect(Buffer.from(masked.subarray(6).map((byte, i) => byte ^ key[i % 4]!)).toString()).toBe('Hello');
  });

  test('have the shortest form of their length, and the bit of a compressed message', () => {
    const head = (length: number): string =>
      plainFrame(Buffer.alloc(length), { opcode: 2, rsv1: true }).subarray(0, 10).toString('hex');
    expect(head(125).slice(0, 4)).toBe('c27d');
    expect(head(126).slice(0, 8)).toBe('c27e007e');
    expect(head(65_535).slice(0, 8)).toBe('c27effff');
    expect(head(65_536)).toBe('c27f0000000000010000');
  });

  test.each([0, 125, 126, 65_535, 65_536])(
    'are read back with a payload of %i bytes once they are complete',
    (length) => {
      const frame = plainFrame(Buffer.alloc(length, 'x'), { opcode: 1 });
      expect(firstPayload(Buffer.concat([frame, Buffer.of(1)]))).toEqual({ frame, payload: Buffer.alloc(length, 'x') });
      for (const cut of [0, 1, 2, 3, frame.length - 1].filter((end) => end < frame.length)) {
        expect(firstPayload(frame.subarray(0, cut))).toBeNull();
      }
    },
  );
});

describe('the stream of frames', () => {
  test('returns each payload once, wherever the bytes are split', () => {
    const payloads = ['', 'a', 'x'.repeat(200), 'end'];
    const bytes = Buffer.concat(payloads.map((text) => plainFrame(Buffer.from(text), { opcode: 1 })));
    for (let cut = 0; cut <= bytes.length; cut++) {
      const read: string[] = [];
      const stream = new FrameStream();
      for (const chunk of [bytes.subarray(0, cut), bytes.subarray(cut)]) {
        stream.push(chunk, (payload) => read.push(payload.toString()));
      }
      expect(read).toEqual(payloads);
    }
  });
});

describe('the rounds', () => {
  test('run every peer, in reverse order every other round', async () => {
    const turns: string[] = [];
    const rounds = await takeTurns(['a', 'b'], 3, async (peer, round) => {
      turns.push(`${peer}${round}`);
      return round;
    });
    expect(turns).toEqual(['a0', 'b0', 'b1', 'a1', 'a2', 'b2']);
    expect(rounds).toEqual([
      [0, 1, 2],
      [0, 1, 2],
    ]);
  });

  test('run the scenarios whose names begin as requested', () => {
    const all = [{ name: 'room-redis' }, { name: 'room-nats' }, { name: 'join' }];
    expect(choose(all, undefined)).toEqual(all);
    expect(choose(all, 'join,room-r')).toEqual([{ name: 'room-redis' }, { name: 'join' }]);
    expect(() => choose(all, 'rooms')).toThrow('No such scenario: got rooms, there are room-redis, room-nats, join');
  });
});

describe('the table of a cluster', () => {
  test('has medians, and ratios within each round, where more than 1 is better', () => {
    const table = formatClusterTable(
      [
        { head: 'deliveries/s', digits: 0, ratio: { head: '× plain', better: 'more' } },
        { head: 'p99, ms', digits: 1, ratio: { head: '× plain, p99', better: 'less' } },
        { head: 'stall, ms', digits: 0 },
      ],
      [
        {
          name: 'plain',
          rounds: [
            [1_000, 4, 1],
            [100, 40, 1],
            [2_000, 2, 1],
          ],
        },
        {
          name: 'history',
          rounds: [
            [500, 8, 3],
            [50, 80, 5],
            [4_000, 1, 4],
          ],
        },
      ],
    );
    expect(table.split('\n')).toEqual([
      '| | deliveries/s | × plain | p99, ms | × plain, p99 | stall, ms |',
      '|---|---|---|---|---|---|',
      '| plain | 1,000 | 1.00 | 4.0 | 1.00 | 1 |',
      '| history | 500 | 0.50 | 8.0 | 0.50 | 4 |',
    ]);
  });
});

describe('the summary', () => {
  const result = (value: number, cpuPerOperation = 2) => ({ value, cpuPerOperation, serverLoad: 0.5 });

  test('compares each peer with the first within each round, and takes the median', () => {
    const [ws, turnout] = summarize({
      ws: [result(100), result(10), result(200)],
      turnout: [result(300, 1), result(40, 1), result(400, 1)],
    });
    expect([ws!.ratio, turnout!.ratio, turnout!.ratioByCpu]).toEqual([1, 3, 2]);
    expect(turnout!.spread).toEqual([40 / 300, 400 / 300]);
    expect(formatTable([ws!, turnout!], 'messages/s')).toMatch(
      /\| peer +\| +messages\/s .*\n\|-.*\n\| ws .*\n\| turnout +\| +300 .* 3\.00 +\| +2\.00 +\| +1\.00 +\| +50 % \|$/,
    );
  });

  test('uses the mean of the two middle values, and throws without values', () => {
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(() => median([])).toThrow(RangeError);
  });
});

describe('the load', () => {
  const opened: Server[] = [];
  afterEach(() => {
    for (const server of opened.splice(0)) server.close();
  });

  async function serve(onConnection: (duplex: Socket) => void): Promise<number> {
    const server = createServer(onConnection).listen(0, '127.0.0.1');
    opened.push(server);
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  const replies = new ExpectedReplies(Buffer.from('abcd'));
  const fault = (connection: LoadConnection): Promise<never> =>
    new Promise((_resolve, reject) => connection.expect(replies, () => {}, reject));

  test('counts replies, however they are split', async () => {
    const port = await serve((duplex) => {
      for (const byte of Buffer.from('abcdabcdabcd')) duplex.write(Buffer.of(byte));
    });
    const connection = await LoadConnection.open({ port });
    let count = 0;
    connection.expect(
      replies,
      (more) => (count += more),
      (error) => expect.unreachable(error.message),
    );
    await expect.poll(() => count).toBe(3);
    connection.stop();
  });

  test('stops at a reply with a wrong byte, and at a lost connection', async () => {
    const wrong = await LoadConnection.open({ port: await serve((duplex) => duplex.write('abcdabXd')) });
    await expect(fault(wrong)).rejects.toThrow('Wrong reply: number 0 or a later one is not the expected one');
    wrong.stop();
    const lost = await LoadConnection.open({ port: await serve((duplex) => duplex.resume().end()) });
    await expect(fault(lost)).rejects.toThrow('Connection lost');
    lost.stop();
  });

  test('stops at a refused upgrade', async () => {
    const port = await serve((duplex) => duplex.end('HTTP/1.1 404 Not Found\r\n\r\n'));
    await expect(LoadConnection.open({ port, path: '/' })).rejects.toThrow('Upgrade refused: HTTP/1.1 404 Not Found');
  });
});

// Tests that each scenario runs on each of its peers, and that every byte is correct.
describe('the scenario', () => {
  const servers = new Map<PeerName, ServerProcess>();
  beforeAll(async () => {
    for (const [name, { script, env }] of Object.entries<Peer>(peers)) {
      servers.set(name as PeerName, await ServerProcess.start(script, env));
    }
  });
  afterAll(async () => {
    for (const server of servers.values()) await server.stop();
  });

  const quick = scenarios.filter(({ name }) => !['bulk-16MiB', 'open-loop', 'idle', 'idle-deflate'].includes(name));
  test.each(quick.map((scenario) => [scenario.name, scenario] as const))(
    '%s runs on all its peers',
    async (_, { peers: names, measure }) => {
      for (const name of names) {
        let value = 0;
        // On a machine that is busy with other tests, a short time may not be enough for even one.
        for (let measured = 60; value === 0 && measured < 10_000; measured *= 4) {
          ({ value } = await measure(servers.get(name)!, name, { warmUp: 20, measured }));
        }
        expect(value).toBeGreaterThan(0);
      }
    },
  );
});

// Tests that each scenario runs on each of its peers, that all subscribers receive, and that every message is correct.
const brokers = [requireSystemPart('redis-server'), requireSystemPart('nats-server')];
describe.skipIf(brokers.includes(undefined))('the scenario of a cluster', () => {
  const nodes = new ClusterNodes();
  afterAll(() => nodes.stop());

  const small = clusterScenarios({ sockets: 3, people: 21, topics: 250, fillTime: 50 });
  test.each(small.map((scenario) => [scenario.name, scenario] as const))(
    '%s runs on all its peers',
    async (_, { columns, peers: all }) => {
      for (const { nodes: wanted, measure } of all) {
        let values: readonly number[] = [];
        // On a machine that is busy with other tests, a short time may not be enough for even one burst.
        for (let measured = 60; !values.every(Number.isFinite) || values.length === 0; measured *= 4) {
          values = await measure(await nodes.get(wanted), { warmUp: 20, measured });
        }
        expect(values).toHaveLength(columns.length);
        expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
      }
    },
  );
});

describe('a server under test', () => {
  test('reports the longest stall of its event loop while it is watched, and none otherwise', async () => {
    const server = await ServerProcess.start('raw-tcp');
    try {
      expect((await server.report('memory')).longestStall).toBe(0);
      await server.report('watch');
      // A garbage collection stalls it.
      await server.report('memory');
      expect((await server.report('stall')).longestStall).toBeGreaterThan(0);
    } finally {
      await server.stop();
    }
  });
});

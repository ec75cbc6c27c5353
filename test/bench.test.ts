import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import { EchoConnection } from '../bench/src/echo-connection.ts';
import { maskedTextFrame, plainTextFrame } from '../bench/src/masked-frame.ts';
import { measureEcho } from '../bench/src/measure-echo.ts';
import { median } from '../bench/src/median.ts';
import { ServerProcess } from '../bench/src/server-process.ts';
import { formatTable, summarize } from '../bench/src/summary.ts';

describe('the frames of the load', () => {
  test('have the bytes of RFC 6455 §5.7', () => {
    expect(plainTextFrame(Buffer.from('Hello')).toString('hex')).toBe('810548656c6c6f');
    const masked = maskedTextFrame(Buffer.from('Hello'));
    const key = masked.subarray(2, 6);
    expect(masked.subarray(0, 2).toString('hex')).toBe('8185');
    expect(Buffer.from(masked.subarray(6).map((byte, i) => byte ^ (key[i % 4] ?? 0))).toString()).toBe('Hello');
  });

  test('have the 16-bit length from 126 bytes on', () => {
    expect(plainTextFrame(Buffer.alloc(126)).subarray(0, 4).toString('hex')).toBe('817e007e');
    expect(() => plainTextFrame(Buffer.alloc(65_536))).toThrow(RangeError);
  });
});

describe('the summary', () => {
  const result = (rate: number) => ({ rate, cpuPerMessage: 2, serverLoad: 0.5 });

  test('compares the peers within each round and takes the median', () => {
    const rounds = { ws: [result(100), result(10), result(200)], turnout: [result(300), result(40), result(400)] };
    const [ws, turnout] = summarize(rounds, ['ws', 'raw-tcp']);
    expect(ws?.ratioTo).toEqual({ ws: 1 });
    expect(turnout?.ratioTo).toEqual({ ws: 3 });
    expect(turnout?.spread).toEqual([40 / 300, 400 / 300]);
    expect(
      formatTable(
        [ws, turnout].filter((peer) => peer !== undefined),
        ['ws', 'raw-tcp'],
      ),
    ).toMatch(/turnout +300 .* 3\.00 +- +2\.00 +50 %/);
  });

  test('takes the mean of the two values in the middle, and refuses to sum up nothing', () => {
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

  const traffic = { request: Buffer.from('abcd'), reply: Buffer.from('abcd'), inFlight: 2 };

  test('counts an echo in whatever pieces it comes', async () => {
    const port = await serve((duplex) => {
      duplex.on('data', (chunk) => {
        for (const byte of chunk) duplex.write(Buffer.of(byte));
      });
      duplex.on('error', () => duplex.destroy());
    });
    const connection = await EchoConnection.openRaw(port, traffic);
    connection.start((error) => expect.unreachable(error.message));
    await expect.poll(() => connection.replyCount).toBeGreaterThan(10);
    connection.stop();
  });

  test('stops at a reply with a wrong byte, and at a lost connection', async () => {
    const wrong = await EchoConnection.openRaw(await serve((duplex) => duplex.end('abcdabXd')), traffic);
    await expect(new Promise((_, reject) => wrong.start(reject))).rejects.toThrow('Wrong echo: reply 0');
    wrong.stop();
    const lost = await EchoConnection.openRaw(await serve((duplex) => duplex.resume().end()), traffic);
    await expect(new Promise((_, reject) => lost.start(reject))).rejects.toThrow('Connection lost');
    lost.stop();
  });

  test('stops at a refused upgrade', async () => {
    const port = await serve((duplex) => duplex.end('HTTP/1.1 404 Not Found\r\n\r\n'));
    await expect(EchoConnection.openWebSocket(port, traffic)).rejects.toThrow(
      'Upgrade refused: HTTP/1.1 404 Not Found',
    );
  });
});

test.each([
  { name: 'raw-tcp', protocol: 'raw' },
  { name: 'ws', protocol: 'websocket' },
  { name: 'turnout', protocol: 'websocket' },
] as const)('the server $name echoes under load', async ({ name, protocol }) => {
  const server = await ServerProcess.start(name);
  try {
    const scenario = { title: name, connections: 2, inFlight: 2, byteLength: 128 };
    const result = await measureEcho(server, protocol, scenario, { warmUp: 50, measured: 100 });
    expect(result.rate).toBeGreaterThan(0);
    expect(result.cpuPerMessage).toBeGreaterThan(0);
  } finally {
    await server.stop();
  }
});

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createSecureServer } from 'node:https';
import { connect as connectTcp, createServer, type AddressInfo, type Socket } from 'node:net';
import { Duplex, PassThrough } from 'node:stream';
import { afterEach, describe, expect, test } from 'vitest';
import { accept, connect, prepareMessage, WebSocket, type AcceptOptions, type ConnectOptions } from '@turnout/core';
import { createPair, createPipe, settle, TestServer } from './socket-pair.ts';

const servers: TestServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

async function open(
  options: AcceptOptions = {},
  clientOptions: ConnectOptions = {},
): Promise<{ server: WebSocket; client: WebSocket; listening: TestServer }> {
  const listening = await new TestServer(options).listen();
  servers.push(listening);
  return { ...(await listening.open(clientOptions)), listening };
}

/** The lengths of the messages that arrive until the socket is closed. */
async function lengthsUntilClosed(socket: WebSocket): Promise<number[]> {
  const lengths: number[] = [];
  for await (const message of socket) lengths.push(message.length);
  return lengths;
}

/** Similar rows, but no two equal messages. */
function jsonOf(length: number, seed: number): string {
  let text = `[${seed}`;
  for (let row = seed; text.length < length; row++) text += `,{"id":${row * 7919},"name":"row ${row}"}`;
  return `${text.slice(0, length - 1)}]`;
}

describe('a client that reads', () => {
  test('receives all 20,000 messages that are sent in one turn, and then the Close frame', async () => {
    const { server, client } = await open();
    for (let count = 0; count < 20_000; count++) server.send('x'.repeat(500));
    server.close(4000, 'all');
    expect(await lengthsUntilClosed(client)).toHaveLength(20_000);
    expect(await client.closed).toEqual({ code: 4000, reason: 'all', wasClean: true });
  });

  test.each([
    ['plain', false],
    ['compressed', true],
  ] as const)('receives a burst far over maxBufferedAmount, %s', async (_name, perMessageDeflate) => {
    const { server, client } = await open({ perMessageDeflate, maxBufferedAmount: 1_000 }, { perMessageDeflate });
    for (let count = 0; count < 12; count++) server.send(jsonOf(200_000, count));
    for (let count = 0; count < 4; count++) server.send(prepareMessage(jsonOf(300_000, count)));
    server.close(1000);
    const lengths = await lengthsUntilClosed(client);
    expect(lengths).toEqual([...Array<number>(12).fill(200_000), ...Array<number>(4).fill(300_000)]);
  });

  test('receives messages of many turns whose sender never waits', async () => {
    const { server, client } = await open();
    const all = lengthsUntilClosed(client);
    for (let count = 0; count < 60; count++) {
      server.send(Buffer.alloc(500_000));
      await Promise.resolve();
      if (count % 10 === 0) await settle();
    }
    server.close(1000);
    expect(await all).toHaveLength(60);
  });

  test('may be as slow as it likes while it accepts bytes: it receives everything over a slow link', async () => {
    // Sending takes twice as long as any of these.
    const limits = {
      sendTimeout: 2_000,
      closeTimeout: 2_000,
      pingInterval: 400,
      pongTimeout: 200,
      maxBufferedAmount: 0,
    };
    const { listening } = await open(limits);
    const link = await SlowLink.to(listening.port);
    const slow = await connect(`ws://127.0.0.1:${link.port}/`, { closeTimeout: 60_000 });
    const sender = listening.sockets.at(-1);
    const all = lengthsUntilClosed(slow);
    for (let count = 0; count < 48; count++) sender?.send(Buffer.alloc(256 * 1024));
    sender?.close(1000);
    expect(await all).toHaveLength(48);
    expect((await slow.closed).code).toBe(1000);
    link.stop();
  });
});

/** Passes on this many bytes at a time to its client, with pauses in between. */
class SlowLink {
  static async to(port: number): Promise<SlowLink> {
    const link = new SlowLink(port);
    link.#server.listen(0, '127.0.0.1');
    await once(link.#server, 'listening');
    return link;
  }

  readonly #target: number;
  readonly #server = createServer((near) => this.#join(near));
  readonly #sockets: Socket[] = [];

  private constructor(target: number) {
    this.#target = target;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  stop(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  #join(near: Socket): void {
    const far = connectTcp(this.#target, '127.0.0.1');
    this.#sockets.push(near, far);
    near.on('error', () => far.destroy()).pipe(far);
    far
      .on('error', () => near.destroy())
      .on('end', () => near.end())
      .on('data', (chunk) => {
        near.write(chunk);
        far.pause();
        setTimeout(() => far.resume(), 20);
      });
  }
}

describe('a Duplex that is busy', () => {
  test("with other code's bytes, such as the 101 over TLS, does not block output for ever", async () => {
    const [end, other] = createPipe();
    const chunks: Buffer[] = [];
    other.on('data', (chunk: Buffer) => chunks.push(chunk));
    end.isStalled = true;
    end.write('the answer of the handshake');
    const server = new WebSocket(end, { role: 'server' });
    const told: unknown[] = [];
    server.send('hello', (error) => told.push(error ?? null));
    await settle();
    end.release();
    await settle();
    expect(Buffer.concat(chunks).toString('latin1')).toBe('the answer of the handshake\x81\x05hello');
    expect([told, server.bufferedAmount]).toEqual([[null], 0]);
    server.terminate();
  });

  test('may keep the chunks it receives: they are not overwritten', async () => {
    const through = new PassThrough({ highWaterMark: 1 });
    const server = new WebSocket(Duplex.from({ readable: new PassThrough(), writable: through }), { role: 'server' });
    for (let count = 0; count < 20; count++) server.send('A'.repeat(1_000));
    server.send(prepareMessage('P'));
    await settle();
    for (let count = 0; count < 20; count++) server.send('B'.repeat(1_000));
    await settle();
    let text = '';
    through.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
    await expect.poll(() => text.replaceAll(/[^ABP]/g, '').length).toBe(40_001);
    expect(text.replaceAll(/[^ABP]/g, '')).toBe(`${'A'.repeat(20_000)}P${'B'.repeat(20_000)}`);
    server.terminate();
  });
});

test('messages sent in the turn of accept() arrive over TLS too', async () => {
  const credential = (name: string): Buffer => readFileSync(new URL(`./tls/${name}.pem`, import.meta.url));
  const https = createSecureServer({ key: credential('key'), cert: credential('certificate') });
  https.on('upgrade', (request, duplex, head) => {
    const socket = accept({ request, duplex, head });
    socket.send('x'.repeat(300_000));
    socket.close(1000);
  });
  https.listen(0, '127.0.0.1');
  await once(https, 'listening');
  const client = await connect(`wss://127.0.0.1:${(https.address() as AddressInfo).port}/`, {
    tls: { rejectUnauthorized: false },
  });
  expect(await lengthsUntilClosed(client)).toEqual([300_000]);
  expect((await client.closed).code).toBe(1000);
  https.close();
});

describe('drained()', () => {
  test('resolves immediately if little is unsent, and otherwise once the peer has accepted enough', async () => {
    const { server, serverEnd } = createPair();
    expect(await server.drained()).toBe(true);
    serverEnd.isStalled = true;
    expect(server.send(Buffer.alloc(70_000))).toBe(false);
    const order: string[] = [];
    server.on('drain', () => order.push('drain'));
    const both = Promise.all([server.drained(), server.drained()]).then((answers) => order.push(String(answers)));
    await settle();
    expect(order).toEqual([]);
    serverEnd.release();
    await both;
    expect(order).toEqual(['drain', 'true,true']);
    expect(server.send('x')).toBe(true);
  });

  test('resolves with false once the socket is no longer open, for whatever reason', async () => {
    for (const end of [
      ({ server }: ReturnType<typeof createPair>) => server.close(1000),
      ({ server }: ReturnType<typeof createPair>) => server.terminate(),
      ({ client }: ReturnType<typeof createPair>) => client.close(1000),
      ({ serverEnd }: ReturnType<typeof createPair>) => serverEnd.push(Buffer.from('8100', 'hex')),
    ]) {
      const pair = createPair();
      await settle();
      pair.serverEnd.isStalled = true;
      pair.server.send(Buffer.alloc(70_000));
      const waits = pair.server.drained();
      end(pair);
      expect(await waits).toBe(false);
      expect(await pair.server.drained()).toBe(false);
      pair.server.terminate();
      pair.client.terminate();
    }
  });

  test('limits a sender of any length to little more than highWaterMark', async () => {
    const { server, client } = await open({ highWaterMark: 100_000 });
    const all = lengthsUntilClosed(client);
    let most = 0;
    for (let count = 0; count < 200; count++) {
      if (!server.send(Buffer.alloc(50_000))) expect(await server.drained()).toBe(true);
      most = Math.max(most, server.bufferedAmount);
    }
    server.close(1000);
    expect(await all).toHaveLength(200);
    expect(most).toBeLessThan(200_000);
  });
});

describe('a sent message', () => {
  test('leaves before the Close frame that answers the peer, even if it is still being compressed', async () => {
    const listening = await new TestServer({ perMessageDeflate: true }).listen();
    servers.push(listening);
    const { server, client } = await listening.open({ perMessageDeflate: true });
    const told: unknown[] = [];
    server.on('message', (data) => {
      server.send(data.toString(), (error) => told.push(error));
    });
    client.send(jsonOf(20_000, 1));
    client.close(1000);
    // The client drops messages after its Close frame: the callback shows that it was sent.
    expect((await server.closed).code).toBe(1000);
    expect(told).toHaveLength(1);
    expect(told[0] ?? null).toBeNull();
  });

  test('has its callback called with an error if the connection ends first', async () => {
    const { server, serverEnd } = createPair();
    const told: string[] = [];
    serverEnd.isStalled = true;
    server.send(Buffer.alloc(300_000), (error) => told.push(`first: ${error?.message}`));
    await settle();
    let failure: unknown;
    server.send('second', (error) => {
      failure = error;
      told.push(`second: ${error?.message}`);
    });
    server.terminate();
    await server.closed;
    await settle();
    expect(told).toHaveLength(2);
    expect(told[1]).toBe('second: Message not sent: the connection has ended');
    expect(failure).toMatchObject({ name: 'SendError', code: 'WS_ERR_NOT_SENT' });
    expect(told[0]).not.toBe('first: undefined');
  });

  test('has its callback called when it leaves, in order', async () => {
    const { server, client } = await open();
    const order: number[] = [];
    for (let count = 0; count < 50; count++) {
      server.send(Buffer.alloc(100_000), (error) => {
        expect(error ?? null).toBeNull();
        order.push(count);
      });
    }
    server.close(1000);
    expect(await lengthsUntilClosed(client)).toHaveLength(50);
    await server.closed;
    expect(order).toEqual(Array.from({ length: 50 }, (_, index) => index));
  });
});

describe('Pings', () => {
  test('of a client that pings in a loop are all answered, in order, and close nothing', async () => {
    const { server, client } = await open();
    const seen: string[] = [];
    client.on('pong', (data) => seen.push(`pong ${String(data)}`));
    client.on('message', (data) => seen.push(`message ${String(data)}`));
    server.on('message', (data) => void server.send(data));
    for (let count = 0; count < 500; count++) {
      client.ping(String(count));
      if (count % 100 === 0) client.send(String(count));
    }
    await expect.poll(() => seen.length).toBe(505);
    const expected = Array.from({ length: 500 }, (_, count) =>
      count % 100 === 0 ? [`pong ${count}`, `message ${count}`] : [`pong ${count}`],
    );
    expect(seen).toEqual(expected.flat());
    expect(server.readyState).toBe(WebSocket.OPEN);
  });

  test('of our own, in any number, are answered by Pongs that close nothing', async () => {
    const { server } = await open();
    let pongs = 0;
    server.on('pong', () => pongs++);
    for (let count = 0; count < 500; count++) server.ping(String(count));
    await expect.poll(() => pongs).toBe(500);
    expect(server.readyState).toBe(WebSocket.OPEN);
  });
});

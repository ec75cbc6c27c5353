import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { request as requestHttp, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect as connectHttp2, createServer as createHttp2, Http2ServerResponse } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect } from '@turnout/core';
import { expect, onTestFinished, test } from 'vitest';
import { createRouter, type CreateRouterOptions, serveRouter } from '@turnout/test-kit/serve-router';
import type { UnclaimedUpgrade } from '../../src/server/unclaimed-upgrade.ts';
import { UnclaimedUpgrades } from '../../src/server/unclaimed-upgrades.ts';
import { RawClient, formatHandshake, statusOf } from '@turnout/test-kit/raw-client';
import { type Listening } from '@turnout/test-kit/listen';

const accepted = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';

type Listener = (request: IncomingMessage, duplex: Duplex) => void;

/** A router with a route at /ours, and another listener for upgrades. */
async function serveBeside(listener: Listener, options: CreateRouterOptions = {}): Promise<Listening> {
  const serving = await serveRouter(
    (router) => {
      router.ws('/ours', (socket) => void socket.send('ours'));
      router.get('/page', (_request, response) => void response.end('page'));
    },
    { handshakeTimeout: 40, ...options },
  );
  serving.server.on('upgrade', (request: IncomingMessage, duplex: Duplex) => {
    if (request.url !== '/ours') listener(request, duplex);
  });
  return serving;
}

const nobody: Listener = () => {};

async function openUnclaimed(port: number, text: string = formatHandshake({ target: '/nobody' })): Promise<RawClient> {
  return (await RawClient.open(port)).write(text);
}

test('an upgrade that no listener takes gets 404 after handshakeTimeout, and its connection ends', async () => {
  const refused: unknown[] = [];
  const note = (message: unknown): void => void refused.push(message);
  subscribe('turnout:refuse', note);
  onTestFinished(() => void unsubscribe('turnout:refuse', note));
  const { port, connections } = await serveBeside(nobody);
  const clients = await Promise.all(Array.from({ length: 20 }, () => openUnclaimed(port)));
  for (const client of clients) {
    const answer = await client.untilEnd();
    expect(statusOf(answer)).toBe(404);
    expect(answer).toContain('No WebSocket here');
  }
  await expect.poll(() => connections.size).toBe(0);
  expect(refused).toHaveLength(20);
  expect(refused[0]).toMatchObject({ status: 404, reason: 'No WebSocket here' });
});

test('an unclaimed upgrade to another protocol, or behind an answered request, gets 404', async () => {
  const { port } = await serveBeside(nobody);
  const other = 'GET /x HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n';
  expect(statusOf(await (await openUnclaimed(port, other)).untilEnd())).toBe(404);
  const second = await openUnclaimed(port, 'GET /page HTTP/1.1\r\nHost: x\r\n\r\n');
  await second.until('page');
  second.write(formatHandshake({ target: '/nobody' }));
  expect(await second.untilEnd()).toContain('HTTP/1.1 404');
});

test('an unclaimed upgrade behind a request that is answered later gets 404', async () => {
  const { port, server } = await serveBeside(nobody);
  server.prependListener('request', (_request: IncomingMessage, response: ServerResponse) => {
    setTimeout(() => response.end('late'), 10);
  });
  const text = `GET /late HTTP/1.1\r\nHost: x\r\n\r\n${formatHandshake({ target: '/nobody' })}`;
  const answers = await (await openUnclaimed(port, text)).untilEnd();
  expect(answers).toMatch(/^HTTP\/1\.1 200 [^]*late[^]*HTTP\/1\.1 404 /);
});

test('an unclaimed upgrade behind a request that is never answered is cut off', async () => {
  const { port, server } = await serveBeside(nobody);
  server.prependListener('request', (_request: IncomingMessage, response: ServerResponse) => {
    response.write('begun');
  });
  const text = `GET /never HTTP/1.1\r\nHost: x\r\n\r\n${formatHandshake({ target: '/nobody' })}`;
  expect(await (await openUnclaimed(port, text)).untilEnd()).not.toContain('404');
});

test('an upgrade whose listener only listens for errors gets 404', async () => {
  const { port } = await serveBeside((_request, duplex) => void duplex.on('error', () => {}));
  expect(statusOf(await (await openUnclaimed(port)).untilEnd())).toBe(404);
});

const takers: Record<string, Listener> = {
  'has answered': (_request, duplex) => void duplex.write(accepted),
  'listens for data': (_request, duplex) => void duplex.on('data', () => {}),
  'listens for readable': (_request, duplex) => void duplex.on('readable', () => {}),
  'pipes it elsewhere': (_request, duplex) => void duplex.pipe(process.stdout, { end: false }),
  'has paused it': (_request, duplex) => void duplex.pause(),
};

test.each(Object.entries(takers))('a library that %s keeps its connection', async (_name, listener) => {
  const taken: Duplex[] = [];
  const { port } = await serveBeside((request, duplex) => {
    if (request.url !== '/theirs') return;
    listener(request, duplex);
    taken.push(duplex);
  });
  await openUnclaimed(port, formatHandshake({ target: '/theirs' }));
  await expect.poll(() => taken.length).toBe(1);
  // Its timeout passes before that of a later one.
  expect(statusOf(await (await openUnclaimed(port)).untilEnd())).toBe(404);
  const [duplex] = taken;
  expect([duplex!.destroyed, duplex!.writableEnded]).toEqual([false, false]);
  duplex!.destroy();
});

test('a library that takes an upgrade late, but in time, keeps it', async () => {
  let decide!: () => void;
  const { port } = await serveBeside((_request, duplex) => void (decide = () => void duplex.write(accepted)), {
    handshakeTimeout: 10_000,
    maxPendingHandshakes: 1,
  });
  const client = await openUnclaimed(port);
  await expect.poll(() => decide !== undefined).toBe(true);
  decide();
  await client.until('101');
  // Another upgrade that needs the room.
  const next = await openUnclaimed(port, formatHandshake({ target: '/ours' }));
  await next.until('ours');
  expect(client.socket.destroyed).toBe(false);
  client.write('x');
  client.reset();
  next.reset();
});

test('a library that answers after the timeout does no harm', async () => {
  let late: Duplex | undefined;
  const { port, url } = await serveBeside((_request, duplex) => void (late = duplex));
  expect(statusOf(await (await openUnclaimed(port)).untilEnd())).toBe(404);
  late!.write(accepted);
  (await connect(`${url}/ours`)).terminate();
});

test('unclaimed upgrades are counted, and the oldest makes room for the next and for an upgrade that a route claims', async () => {
  const { port } = await serveBeside(nobody, { handshakeTimeout: Infinity, maxPendingHandshakes: 2 });
  const first = await openUnclaimed(port);
  const second = await openUnclaimed(port);
  const third = await openUnclaimed(port);
  const answer = await first.untilEnd();
  expect(statusOf(answer)).toBe(503);
  expect(answer).toMatch(/\r\nRetry-After: 5\r\n/);
  expect(answer).toContain('maxPendingHandshakes is 2');
  const ours = await openUnclaimed(port, formatHandshake({ target: '/ours' }));
  await ours.until('ours');
  expect(statusOf(await second.untilEnd())).toBe(503);
  expect(third.text).toBe('');
  for (const client of [third, ours]) client.reset();
});

test('unclaimed upgrades count towards maxConnections', async () => {
  const { port, url } = await serveBeside(nobody, { handshakeTimeout: Infinity, maxConnections: 2 });
  const socket = await connect(`${url}/ours`);
  const first = await openUnclaimed(port);
  const second = await openUnclaimed(port);
  const answer = await first.untilEnd();
  expect(statusOf(answer)).toBe(503);
  expect(answer).toContain('maxConnections is 2');
  const other = await connect(`${url}/ours`);
  expect(statusOf(await second.untilEnd())).toBe(503);
  await expect(connect(`${url}/ours`)).rejects.toMatchObject({ status: 503 });
  for (const open of [socket, other]) open.terminate();
});

test('an unclaimed upgrade whose client has left, or that was taken at once, is not counted', async () => {
  const unclaimed = new UnclaimedUpgrades(Infinity);
  const events: string[] = [];
  let gone!: () => void;
  const left = (isTaken: boolean): UnclaimedUpgrade => ({
    isTaken: () => isTaken,
    refuse: ({ message }) => void events.push(message),
    whenGone: (callback) => void (gone = callback),
  });
  unclaimed.add(left(false), new Error('over') as never);
  expect(unclaimed.size).toBe(1);
  gone();
  unclaimed.add(left(true), new Error('over') as never);
  await new Promise((resolve) => setImmediate(resolve));
  expect([unclaimed.size, unclaimed.giveWay(new Error('full') as never)]).toEqual([0, false]);
  unclaimed.add(left(true), new Error('over') as never);
  expect(unclaimed.giveWay(new Error('full') as never)).toBe(true);
  expect(events).toEqual([]);
});

test('a plain request is never an unclaimed upgrade', async () => {
  const { port, server } = await serveBeside(nobody);
  server.prependListener('request', (_request: IncomingMessage, response: ServerResponse) => {
    setTimeout(() => response.end('late'), 80);
  });
  const asked = requestHttp({ port, host: '127.0.0.1', path: '/late' }).end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  expect(response.statusCode).toBe(200);
  response.resume();
});

test('an HTTP/2 stream that no listener takes gets 404, and one that is taken is left alone', async () => {
  const router = createRouter({ handshakeTimeout: 40 });
  router.ws('/ours', () => {});
  const server = createHttp2();
  router.attach(server);
  server.on('connect', (request, response) => {
    if (!(response instanceof Http2ServerResponse)) return;
    if (request.url === '/answered') response.stream.respond({ ':status': 200 });
    if (request.url === '/read') request.on('data', () => {});
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const session = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  onTestFinished(async () => {
    session.destroy();
    server.close();
    await once(server, 'close');
  });
  await once(session, 'remoteSettings');
  const ask = (path: string) =>
    session.request({ ':method': 'CONNECT', ':protocol': 'websocket', ':path': path }, { endStream: false });
  const [answered, read] = [ask('/answered'), ask('/read')];
  for (const path of ['/nobody', '/nobody-else']) {
    const [answer] = (await once(ask(path), 'response')) as [{ ':status': number }];
    expect(answer[':status']).toBe(404);
  }
  expect([answered.closed, read.closed]).toEqual([false, false]);
});

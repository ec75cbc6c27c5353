import { once } from 'node:events';
import { createServer } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import {
  createRouter,
  type CreateRouterOptions,
  serveRouter,
  type WebSocketRouter,
} from '@turnout/test-kit/serve-router';
import { RawClient, formatHandshake, statusOf } from '@turnout/test-kit/raw-client';
import { listen } from '@turnout/test-kit/listen';

/** The part of a line between its fixed beginning and end. */
function told(line: string): string {
  expect(line).toMatch(/^turnout: no WebSocket at .*; see docs\/it-does-not-connect\.md$/);
  return line.slice('turnout: no WebSocket at '.length, -'; see docs/it-does-not-connect.md'.length);
}

function addRoutes(router: WebSocketRouter): void {
  router.use('/answers/:status', (request, response) => {
    response.statusCode = Number(request.params['status']);
    response.end();
  });
  router.use('/hangs', () => {});
  router.use('/fails', () => {
    throw new Error('Broken');
  });
  router.ws('/chat', () => {});
  router.ws(
    '/guarded',
    (_request, response) => void response.writeHead(404).end(),
    () => {},
  );
}

const remedy = 'put the middleware that answers it after the WebSocket routes, or refuse with 401 or 403';

interface Row {
  readonly ask: Parameters<typeof formatHandshake>[0];
  readonly options?: CreateRouterOptions;
  readonly line: string;
}

test.each<Row>([
  {
    ask: { target: '/chat?token=secret', headers: ['Origin: http://localhost:5173'] },
    line:
      '/chat, answered with 403: Origin http://localhost:5173 may not open a WebSocket here, at http://127.0.0.1: ' +
      'it is neither the same origin nor one that the app allows (option origin)',
  },
  {
    ask: { target: '/chat', headers: ['Origin: file://'] },
    line:
      '/chat, answered with 403: Origin file:// may not open a WebSocket here, at http://127.0.0.1: ' +
      'it is neither the same origin nor one that the app allows (option origin)',
  },
  { ask: { target: '/chta' }, line: '/chta, answered with 404: no WebSocket route of the app matches this path' },
  { ask: { target: '/guarded' }, line: '/guarded, answered with 404: middleware of the app has refused it' },
  { ask: { target: '/answers/401' }, line: '/answers/401, answered with 401: middleware of the app has refused it' },
  {
    ask: { target: '/answers/200' },
    line: `/answers/200, answered with 200: the app answered as if the request were for a page: ${remedy}`,
  },
  {
    ask: { target: '/answers/302' },
    line: `/answers/302, answered with 302: the app answered with a redirect, which WebSocket clients do not follow: ${remedy}`,
  },
  { ask: { target: '/fails' }, line: '/fails, answered with 500: the app answered with an error' },
  {
    ask: { target: '/hangs' },
    options: { handshakeTimeout: 20 },
    line: '/hangs, answered with 503: The app did not answer within handshakeTimeout',
  },
  {
    ask: { target: '/chat' },
    options: { maxConnections: 0 },
    line: '/chat, answered with 503: Too many connections: maxConnections is 0',
  },
  {
    ask: { target: '/chat' },
    options: { maxConnectionsPerAddress: 0 },
    line: '/chat, answered with 429: Too many connections from your address: maxConnectionsPerAddress is 0',
  },
  {
    ask: { target: '/chat', without: 'Sec-WebSocket-Key' },
    line: '/chat, answered with 400: Expected one Sec-WebSocket-Key header, got 0',
  },
  {
    ask: { target: '/chat', without: 'Upgrade', headers: ['Connection: close'] },
    line: '/chat, answered with 426: the request for a WebSocket came without its Upgrade header, which a proxy in between seems to remove',
  },
  {
    ask: { target: '/chat', without: 'Connection', headers: ['Connection: close'] },
    line: '/chat, answered with 426: the request for a WebSocket came without "Connection: Upgrade", which a proxy in between seems to remove',
  },
])('a refusal is reported in one line: $line', async ({ ask, options, line }) => {
  const lines: string[] = [];
  const { port } = await serveRouter(addRoutes, { ...options, warn: (text) => lines.push(text) });
  const answer = await RawClient.exchange(port, formatHandshake(ask));
  expect(lines.map(told)).toEqual([line]);
  expect(line).toContain(`answered with ${statusOf(answer)}`);
  await RawClient.exchange(port, formatHandshake(ask));
  expect(lines).toHaveLength(1);
});

test('a plain request for the path of a WebSocket is reported', async () => {
  const lines: string[] = [];
  const { port } = await serveRouter(addRoutes, { warn: (text) => lines.push(text) });
  expect((await fetch(`http://127.0.0.1:${port}/chat`)).status).toBe(426);
  expect(lines.map(told)).toEqual([
    '/chat, answered with 426: this path is a WebSocket, and the request does not ask for one',
  ]);
});

test('an upgrade that no listener of the server took is reported', async () => {
  const lines: string[] = [];
  const { port, server } = await serveRouter(addRoutes, { handshakeTimeout: 20, warn: (text) => lines.push(text) });
  server.on('upgrade', () => {});
  expect(statusOf(await RawClient.exchange(port, formatHandshake({ target: '/none' })))).toBe(404);
  expect(lines.map(told)).toEqual(['/none, answered with 404: No WebSocket here']);
});

test('an upgrade that is cut off behind an unanswered request is reported', async () => {
  const lines: string[] = [];
  const { port } = await serveRouter(addRoutes, { warn: (text) => lines.push(text) });
  await RawClient.exchange(port, `GET /hangs HTTP/1.1\r\nHost: x\r\n\r\n${formatHandshake({ target: '/chat' })}`);
  expect(lines.map(told)).toEqual(['/chat, cut off: an earlier request on its connection has no answer yet']);
});

/** Later versions of Node.js answer too many headers themselves. */
const dropsHeaders = Number.parseInt(process.versions.node, 10) < 22;

test('a request whose headers Node.js dropped is reported', async () => {
  const lines: string[] = [];
  const { port } = await serveRouter(addRoutes, { warn: (text) => lines.push(text) });
  const flood = Array.from({ length: 1500 }, (_, index) => `X${index}:1\r\n`).join('');
  const text = formatHandshake({ target: '/chat' }).replace('\r\n', `\r\n${flood}`);
  expect(statusOf(await RawClient.exchange(port, text))).toBe(431);
  expect(lines.map(told)).toEqual(dropsHeaders ? ['/chat, answered with 431: Request has too many headers'] : []);
});

test('a server that does not pass its upgrades to the router gets the call to make', async () => {
  const lines: string[] = [];
  const router = createRouter({ warn: (text) => lines.push(text) });
  addRoutes(router);
  const { port } = await listen(createServer(router));
  const client = await RawClient.open(port);
  const answer = await client.write(formatHandshake({ target: '/chat' })).until('attach');
  client.socket.destroy();
  expect(statusOf(answer)).toBe(426);
  expect(answer).not.toContain('proxy');
  expect(lines.map(told)).toEqual([
    '/chat, answered with 426: the server does not pass upgrades to the app: call router.attach(server)',
  ]);
});

test('an accepted upgrade and a page are not reported', async () => {
  const lines: string[] = [];
  const { port } = await serveRouter(addRoutes, { warn: (text) => lines.push(text) });
  const client = await RawClient.open(port);
  onTestFinished(() => void client.socket.destroy());
  await client.write(formatHandshake({ target: '/chat' })).until('\r\n\r\n');
  await fetch(`http://127.0.0.1:${port}/none`);
  client.socket.end();
  await once(client.socket, 'close');
  expect(lines).toEqual([]);
});

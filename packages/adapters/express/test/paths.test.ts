import type { IncomingMessage } from 'node:http';
import { Agent, request as requestHttp } from 'node:http';
import express from 'express';
import type { NextFunction, Request, Response } from 'express';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Router } from '../src/index.ts';
import { serve } from './serving.ts';

const routes = ['/', '/ws', '/ws/:id', '/room/:name/seat/:seat', '/files/*path', '/a{/:b}', '/CASE', '/tail/'];

/** Path parts on which routers, decoders and proxies disagree. */
const segment = fc.oneof(
  fc.constantFrom('ws', 'WS', '%77s', 'room', 'seat', 'files', 'a', 'case', 'CASE', 'tail', 'mount', 'strict', 'inner'),
  fc.constantFrom(
    '',
    'a%2fb',
    '%',
    '%E0%A4%A',
    '%zz',
    '..a',
    '...',
    ';x=1',
    'a;b',
    '~',
    '__proto__',
    'a.b',
    'a-b',
    '*',
    ':id',
  ),
  fc.string({ unit: fc.constantFrom('a', 'B', '%', '2', 'f', '.', ';', '-', '_', '@', ',', '+'), maxLength: 6 }),
);
const target = fc
  .tuple(fc.array(segment, { minLength: 1, maxLength: 5 }), fc.constantFrom('', '/', '?x=1', '/?x=/ws', '?'))
  .map(([segments, end]) => `/${segments.join('/')}${end}`);

/** Registers the same answer for all routes, as HTTP routes or as middleware of WebSocket routes. */
function addRoutes(owner: { get: unknown; ws: unknown }, kind: 'get' | 'ws'): void {
  const answer = (request: Request, response: Response): void => {
    const { route, params, url, baseUrl, originalUrl } = request;
    const { path } = route as { path: string };
    response.status(299).json([path, Object.entries(params), url, baseUrl, originalUrl]);
  };
  const add = owner[kind] as (path: string, ...handlers: unknown[]) => unknown;
  for (const path of routes) Reflect.apply(add, owner, [path, answer, () => {}]);
}

interface Verdict {
  readonly status: number;
  readonly body: string;
}

const agent = new Agent({ keepAlive: true, maxSockets: 4 });

function ask(port: number, path: string, headers: Record<string, string>): Promise<Verdict> {
  return new Promise((resolve, reject) => {
    const options = { port, host: '127.0.0.1', path, headers, agent: headers.Upgrade === undefined ? agent : false };
    const request = requestHttp(options, (response: IncomingMessage) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (body += chunk));
      response.on('end', () => resolve({ status: response.statusCode!, body }));
    });
    request.on('error', reject);
    request.on('upgrade', (_response, duplex) => {
      duplex.destroy();
      reject(new Error(`Accepted: ${path}`));
    });
    request.end();
  });
}

const handshake = {
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version': '13',
};

test('a WebSocket route matches the same paths as an HTTP route, over thousands of paths', async () => {
  const ports: number[] = [];
  for (const kind of ['get', 'ws'] as const) {
    const { port } = await serve((app) => {
      const mounted = Router({ mergeParams: true });
      const strict = Router({ strict: true, caseSensitive: true });
      const inner = Router({ mergeParams: true });
      addRoutes(app, kind);
      addRoutes(mounted, kind);
      addRoutes(strict, kind);
      addRoutes(inner, kind);
      mounted.use('/inner', inner);
      app.use('/mount', mounted);
      app.use('/room/:name', mounted);
      app.use('/strict', strict);
      app.use(express.Router().use('/', inner));
      app.use((error: Error & { status?: number }, _request: Request, response: Response, _next: NextFunction) => {
        response.status(error.status ?? 500).send(error.message);
      });
    });
    ports.push(port);
  }
  const [http, webSocket] = ports;
  const counts = new Map<number, number>();
  const property = fc.asyncProperty(fc.array(target, { minLength: 20, maxLength: 20 }), async (targets) => {
    const verdicts = await Promise.all(
      targets.map(async (path) => [path, await ask(http!, path, {}), await ask(webSocket!, path, handshake)] as const),
    );
    for (const [path, expected, verdict] of verdicts) {
      const isAmbiguous = verdict.body.startsWith('Request target is refused');
      if (!isAmbiguous) expect({ path, ...verdict }).toEqual({ path, ...expected });
      counts.set(verdict.status, (counts.get(verdict.status) ?? 0) + 1);
    }
  });
  await fc.assert(property, { numRuns: 200 });
  // The test proves nothing if all paths have the same outcome.
  for (const status of [299, 400, 404]) expect(counts.get(status)).toBeGreaterThan(100);
}, 60_000);

import fc from 'fast-check';
import { transports } from '@turnout/testing/adapter-contract';
import { describe, expect, test } from 'vitest';
import { scaled } from '../abuse/scale.ts';
import { frameworks } from './frameworks.ts';
import { serve } from './serving.ts';

const routes = ['/ws', '/ws/:id', '/room/:name/seat/:seat'];

/**
 * Paths made of parts that routers, decoders and proxies treat differently; dot segments and `//x` are refused before
 * all routes.
 */
const segment = fc.oneof(
  fc.constantFrom(
    'ws',
    'WS',
    '%77s',
    'room',
    'seat',
    'a%2fb',
    '%',
    '%E0%A4%A',
    '%zz',
    '...',
    ';x=1',
    '~',
    '__proto__',
    ':id',
  ),
  fc.string({
    unit: fc.constantFrom('a', 'B', '%', '2', 'f', ';', '-', '_', '@', ',', '+'),
    minLength: 1,
    maxLength: 6,
  }),
);
const target = fc
  .tuple(
    // Otherwise hardly any path would match.
    fc.constantFrom([], ['ws'], ['WS'], ['room', 'a', 'seat']),
    fc.array(segment, { maxLength: 3 }),
    fc.constantFrom('', '/', '?x=1', '/?x=/ws', '?'),
  )
  .filter(([start, segments]) => start.length + segments.length > 0)
  .map(([start, segments, end]) => `/${[...start, ...segments].join('/')}${end}`);

describe.each(frameworks.map((framework) => [framework.name, framework] as const))('in %s', (_name, framework) => {
  test('a WebSocket route and a page with the same paths never disagree', { timeout: 120_000 }, async () => {
    const pages = await serve(framework, transports.http, (app) => {
      for (const route of routes) app.get(route, route);
    });
    const sockets = await serve(framework, transports.http, (app) => {
      for (const route of routes) app.ws(route, { handler: (socket) => void socket.send(route) });
    });
    const ask = async (path: string): Promise<string> => {
      const result = await sockets.open(path).catch((error: Error) => error.message);
      if (typeof result === 'string') return result.slice('Refused with '.length).slice(0, 3);
      const route = await result.next();
      result.client.terminate();
      return route;
    };
    let found = 0;
    await fc.assert(
      fc.asyncProperty(target, async (path) => {
        const { status, body } = await pages.get(path);
        const verdict = await ask(path);
        if (status === 200) found++;
        expect(verdict, path).toBe(status === 200 ? body : String(status));
      }),
      { numRuns: scaled(200, 5_000) },
    );
    expect(found).toBeGreaterThan(10);
  });

  test.each([
    '/admin/ws',
    '/ADMIN/WS',
    '/admin/ws/',
    '/admin//ws',
    '/admin%2Fws',
    '/admin%2fws/',
    '/%61dmin/ws',
    '/admin/%77s',
    '/admin/ws;x=1',
    '/admin/ws%20',
    '/admin/ws%00x',
    '/admin/ws?x=/',
  ])('a WebSocket route and a page at /admin/ws agree about %s', async (path) => {
    const pages = await serve(framework, transports.http, (app) => app.get('/admin/ws', 'page'));
    const sockets = await serve(framework, transports.http, (app) =>
      app.ws('/admin/ws', { handler: (socket) => void socket.send('page') }),
    );
    const { status } = await pages.get(path);
    const isFound = await sockets.open(path).then(
      ({ client }) => (client.terminate(), true),
      () => false,
    );
    expect(isFound).toBe(status === 200);
  });
});

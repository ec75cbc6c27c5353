import { IncomingMessage, METHODS, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import Router from 'router';
import { describe, expect, test } from 'vitest';
import { hideHttpRoutes } from '../../src/routes/hide-http-routes.ts';
import { createRouter } from '../../src/index.ts';
import { RawClient, formatHandshake, statusOf } from '@turnout/test-kit/raw-client';
import { serveRouter } from '@turnout/test-kit/serve-router';

/** Sends an upgrade request for `target` through a router; returns what was called, in order, with which method. */
async function dispatch(target: string, setUp: (router: Router.Router, log: Log) => void): Promise<string[]> {
  const calls: string[] = [];
  const log: Log = (name) => (request, _response, next) => {
    calls.push(`${name} ${request.method}`);
    next();
  };
  const router = Router();
  setUp(router, log);
  const request = new IncomingMessage(new Socket());
  request.url = target;
  request.method = 'GET';
  hideHttpRoutes(request);
  await new Promise<void>((resolve) => {
    router(request, new ServerResponse(request), (error) => {
      calls.push(`end ${request.method}${error ? ` ${String(error)}` : ''}`);
      resolve();
    });
  });
  return calls;
}

type Log = (name: string) => Router.RequestHandler;

/** As in Express: one handler for each method. */
function allMethods(route: Router.Route, handler: Router.RequestHandler): void {
  for (const method of METHODS) route[method.toLowerCase() as 'get'](handler);
}

describe('an upgrade request', () => {
  test('reaches use() and all(), before and after an HTTP route that it does not reach', async () => {
    const calls = await dispatch('/a', (router, log) => {
      router.use(log('use'));
      router.get('/a', log('get'));
      router.all('/a', log('all'));
      router.post('/a', log('post'));
      router.get('/a', log('get again'));
    });
    expect(calls).toEqual(['use GET', 'all GET', 'end GET']);
  });

  test('reaches the guards of a route that also has a handler for GET, but not that handler', async () => {
    const calls = await dispatch('/a', (router, log) => {
      router.route('/a').all(log('guard')).get(log('get')).all(log('second guard')).post(log('post'));
      router.all('/a', log('last'));
    });
    expect(calls).toEqual(['guard GET', 'second guard GET', 'last GET', 'end GET']);
  });

  test('reaches handlers for every method, as app.all() of Express registers them', async () => {
    const calls = await dispatch('/a', (router, log) => {
      allMethods(router.route('/a'), log('guard'));
      const mixed = router.route('/a');
      allMethods(mixed, log('second guard'));
      mixed.get(log('get'));
    });
    expect(calls).toEqual(['guard GET', 'second guard GET', 'end GET']);
  });

  test('is hidden from HTTP routes of nested routers, even inside a function', async () => {
    const calls = await dispatch('/a/b/c', (router, log) => {
      const inner = Router({ mergeParams: true });
      inner.get('/c', log('inner get'));
      inner.all('/c', log('inner all'));
      router.use('/a/:b', inner);
      router.use('/a/:b', (request, response, next) => inner(request, response, next));
      router.get('/a/:b/c', log('get'));
    });
    expect(calls).toEqual(['inner all GET', 'inner all GET', 'end GET']);
  });

  test('reaches param() callbacks of WebSocket routes with method GET, and none of HTTP routes', async () => {
    const seen: string[] = [];
    const calls = await dispatch('/a/7', (router, log) => {
      router.param('page', (_request, _response, next) => next(new Error('No such page')));
      router.param('id', (request, _response, next, id) => {
        seen.push(`${request.method} ${String(id)} ${JSON.stringify(request.params)}`);
        setImmediate(next);
      });
      router.get('/a/:page', log('get'));
      router.all('/a/:id', log('all'));
    });
    expect(calls).toEqual(['all GET', 'end GET']);
    expect(seen).toEqual(['GET 7 {"id":"7"}']);
  });

  test('reaches param() callbacks of a route that mixes guards and HTTP handlers', async () => {
    const calls = await dispatch('/a/7', (router, log) => {
      router.param('id', (request, _response, next, id) => {
        Object.assign(request, { loaded: id });
        setImmediate(next);
      });
      router
        .route('/a/:id')
        .all((request, response, next) => {
          log(`guard ${(request as unknown as { loaded: string }).loaded}`)(request, response, next);
        })
        .get(log('get'));
    });
    expect(calls).toEqual(['guard 7 GET', 'end GET']);
  });

  test('whose error no route handles ends with that error', async () => {
    const calls = await dispatch('/a', (router, log) => {
      router.get('/a', log('get'));
      router.all('/a', () => {
        throw new TypeError('Broken');
      });
    });
    expect(calls).toEqual(['end GET TypeError: Broken']);
  });

  test('whose method middleware has changed reaches no handler of that method either', async () => {
    const calls = await dispatch('/a', (router, log) => {
      router.use((request, _response, next) => {
        request.method = 'DELETE';
        next();
      });
      router.delete('/a', log('delete'));
      router.get('/a', log('get'));
      router.all('/a', log('all'));
    });
    expect(calls).toEqual(['all DELETE', 'end DELETE']);
  });

  test('keeps route and params as ordinary properties for middleware', () => {
    const request = new IncomingMessage(new Socket()) as IncomingMessage & { route?: unknown; params?: unknown };
    hideHttpRoutes(request);
    expect(request.route).toBeUndefined();
    request.route = 'mine';
    request.params = { own: 1 };
    expect([request.route, request.params, request.method]).toEqual(['mine', { own: 1 }, null]);
    expect(Object.keys(request)).toEqual(expect.arrayContaining(['method', 'route', 'params']));
    request.route = { stack: 'none' };
    expect(request.params).toEqual({ own: 1 });
  });
});

test('an upgrade shows a GET to param() callbacks, even if they fail, and to the error handlers', async () => {
  const seen: string[] = [];
  const { port, router } = await serveRouter((app) => {
    const mounted = createRouter();
    for (const owner of [app, mounted]) {
      owner.param('id', (request, _response, next, id) => {
        seen.push(`param ${request.method}`);
        next(id === 'broken' ? new Error('Broken') : undefined);
      });
    }
    for (const path of ['/a/:id', '/a/:id/x']) {
      app
        .route(path)
        .all((request, _response, next) => {
          seen.push(`guard ${request.method}`);
          next();
        })
        .get((_request, response) => void response.end('page'));
    }
    mounted
      .route('/:id')
      .all((_request, _response, next) => next())
      .get((_request, response) => void response.end('page'));
    app.use('/b', mounted);
    app.use(((error, request, _response, next) => {
      seen.push(`error ${request.method}`);
      next(error);
    }) as Router.ErrorRequestHandler);
    app.ws('/a/:id', () => {});
    app.ws('/b/:id', () => {});
  });
  const ask = async (target: string): Promise<number> => {
    const client = await RawClient.open(port);
    const answer = await client.write(formatHandshake({ target })).until('\r\n\r\n');
    client.reset();
    return statusOf(answer);
  };
  expect([await ask('/a/1'), await ask('/b/1')]).toEqual([101, 101]);
  expect(await ask('/a/broken')).toBe(500);
  expect(seen).toContain('guard GET');
  expect(seen).toContain('error GET');
  expect(seen.filter((line) => !line.endsWith(' GET'))).toEqual([]);
  await expect.poll(() => router.sockets.size).toBe(0);
  expect(await (await fetch(`http://127.0.0.1:${port}/a/1`)).text()).toBe('page');
});

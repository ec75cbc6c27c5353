import { connect } from '@turnout/core';
import { describe, expect, test } from 'vitest';
import { textFrame } from '@turnout/test-kit/client-frame';
import { RawClient, formatHandshake, statusOf } from '@turnout/test-kit/raw-client';
import type { HandshakeText } from '@turnout/test-kit/raw-client';
import { serveRouter } from '@turnout/test-kit/serve-router';

/** A server with one route for every path, which records whether its handler or any middleware ran. */
async function serveAll(): Promise<{ port: number; calls: string[] }> {
  const calls: string[] = [];
  const { port } = await serveRouter((router) => {
    router.use((_request, _response, next) => {
      calls.push('middleware');
      next();
    });
    router.ws(['/', '/*path'], () => {
      calls.push('handler');
    });
  });
  return { port, calls };
}

describe('a handshake that breaks a rule never reaches the app', () => {
  test.each<[string, HandshakeText, number]>([
    ['a body by length', { headers: ['Content-Length: 11'] }, 400],
    ['a body in chunks', { headers: ['Transfer-Encoding: chunked'] }, 400],
    ['an expectation', { headers: ['Expect: 100-continue'] }, 400],
    ['method POST', { method: 'POST' }, 405],
    ['HTTP 1.0', { version: '1.0', headers: ['Connection: Upgrade'] }, 505],
    ['no key', { without: 'Sec-WebSocket-Key' }, 400],
    ['two keys', { headers: ['Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='] }, 400],
    ['version 8', { without: 'Sec-WebSocket-Version', headers: ['Sec-WebSocket-Version: 8'] }, 426],
    ['versions 13 and 8', { without: 'Sec-WebSocket-Version', headers: ['Sec-WebSocket-Version: 13, 8'] }, 426],
    ['two Origins', { headers: ['Origin: http://127.0.0.1', 'Origin: http://127.0.0.1'] }, 400],
    ['two Hosts', { headers: ['Host: other.test'] }, 400],
    ['101 headers', { headers: Array.from({ length: 101 }, (_, index) => `X-${index}: 1`) }, 431],
    ['3000 headers', { headers: Array.from({ length: 3000 }, (_, index) => `X${index}: 1`) }, 431],
    ['a long target', { target: `/${'a'.repeat(8192)}` }, 414],
    ['another host', { target: 'http://evil.test/' }, 400],
    ['//', { target: '//evil.test/ws' }, 400],
    ['a fragment', { target: '/ws#x' }, 400],
    ['..', { target: '/x/../ws' }, 400],
    ['.', { target: '/./ws' }, 400],
    ['a backslash', { target: '/x\\..\\ws' }, 400],
    ['%2e%2e', { target: '/%2e%2e/ws' }, 400],
    ['%00', { target: '/ws%00' }, 400],
    ['*', { target: '*' }, 400],
  ])('%s', async (_name, handshake, status) => {
    const { port, calls } = await serveAll();
    const answer = await RawClient.exchange(
      port,
      `${formatHandshake(handshake)}GET /admin HTTP/1.1\r\nHost: x\r\n\r\n`,
    );
    expect(statusOf(answer)).toBe(status);
    expect(answer).toMatch(/Connection: close/);
    expect(answer).not.toContain('100 Continue');
    expect(answer.split('HTTP/1.1')).toHaveLength(2);
    expect(calls).toEqual([]);
  });

  test('and gets the supported version', async () => {
    const { port } = await serveAll();
    const answer = await RawClient.exchange(
      port,
      formatHandshake({ without: 'Sec-WebSocket-Version', headers: ['Sec-WebSocket-Version: 7'] }),
    );
    expect(answer).toContain('Sec-WebSocket-Version: 13\r\n');
  });
});

test('a request whose Upgrade is among the headers that Node.js dropped gets 431', async () => {
  const { port, calls } = await serveAll();
  const flood = Array.from({ length: 1500 }, (_, index) => `X${index}:1\r\n`).join('');
  const answer = await RawClient.exchange(port, formatHandshake().replace('\r\n', `\r\n${flood}`));
  expect([statusOf(answer), calls]).toEqual([431, []]);
});

describe('a target that is merely unusual', () => {
  test.each([
    ['/%77s', 404],
    ['/ws;x=1', 404],
    ['/ws//', 404],
    ['/WS', 101],
    ['/ws/', 101],
    ['/room/%', 400],
    ['/room/%E0%A4%A', 400],
    ['/room/a%2fb', 101],
    ['/room/__proto__', 101],
    [`/room/${'x'.repeat(4096)}`, 101],
    ['http://127.0.0.1/ws', 101],
  ])('%s gets the same as over plain HTTP: %i', async (target, status) => {
    const { port, router } = await serveRouter((app) => {
      app.get(['/ws', '/room/:name'], (_request, response) => void response.end('page'));
      app.ws(['/ws', '/room/:name'], (socket, request) =>
        socket.send(`${typeof request.params.name} ${String(Object.getPrototypeOf(request.params))}`),
      );
    });
    const client = await RawClient.open(port);
    const answer = await client.write(formatHandshake({ target })).until('\r\n\r\n');
    expect(statusOf(answer)).toBe(status);
    if (status === 101) await client.until('null');
    const plain = await RawClient.exchange(
      port,
      `GET ${target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`,
    );
    expect(statusOf(plain)).toBe(status === 101 ? 200 : status);
    client.reset();
    await expect.poll(() => router.sockets.size).toBe(0);
  });
});

describe('one TCP connection', () => {
  test('with an unanswered request is cut off by an upgrade behind it', async () => {
    const { port, router } = await serveRouter((app) => {
      app.get('/slow', () => {});
      app.ws('/', () => {});
    });
    const answer = await RawClient.exchange(port, `GET /slow HTTP/1.1\r\nHost: x\r\n\r\n${formatHandshake()}`);
    expect(answer).toBe('');
    expect(router.sockets.size).toBe(0);
  });

  test('may be upgraded once its earlier requests are answered', async () => {
    const { port } = await serveRouter((app) => {
      app.get('/page', (_request, response) => void response.end('page'));
      app.ws('/', (socket) => socket.send('open'));
    });
    const client = await RawClient.open(port);
    await client.write('GET /page HTTP/1.1\r\nHost: x\r\n\r\n').until('page');
    await client.write(formatHandshake()).until('open');
    client.reset();
  });

  test('treats bytes after an upgrade as frames', async () => {
    const { port } = await serveRouter((app) => app.ws('/', () => {}));
    const client = await RawClient.open(port);
    const answer = await client.write(formatHandshake() + formatHandshake()).untilEnd();
    expect(statusOf(answer)).toBe(101);
    expect(answer.split('HTTP/1.1')).toHaveLength(2);
    // An unmasked frame with a reserved opcode: Close with 1002.
    expect(Buffer.from(answer, 'latin1').includes(Buffer.from([0x03, 0xea]))).toBe(true);
  });

  test('may send its handshake byte by byte', async () => {
    const { port } = await serveRouter((app) => {
      app.ws('/', (socket) => {
        socket.on('message', (data) => socket.send(`got ${data.toString()}`));
      });
    });
    const client = await RawClient.open(port);
    client.socket.setNoDelay(true);
    for (const byte of Buffer.concat([Buffer.from(formatHandshake()), textFrame('hello')])) {
      await new Promise<void>((resolve) => client.socket.write(Buffer.from([byte]), () => resolve()));
    }
    await client.until('got hello');
    client.reset();
  });
});

describe('the origin rule of a server', () => {
  test('refuses other origins by default', async () => {
    const { url } = await serveRouter((app) => void app.ws('/', () => {}));
    const refusal = { status: 403, body: expect.stringContaining('Origin http://evil.test may not open') as string };
    await expect(connect(url, { headers: { Origin: 'http://evil.test' } })).rejects.toMatchObject(refusal);
  });

  test.each<[string, HandshakeText, number]>([
    ['no Origin', {}, 101],
    ['the same', { host: 'good.test', headers: ['Origin: http://good.test'] }, 101],
    ['the same in capitals', { host: 'good.test', headers: ['Origin: HTTP://GOOD.TEST'] }, 101],
    ['the same with its port', { host: 'good.test:8080', headers: ['Origin: http://good.test:8080'] }, 101],
    ['one that is listed', { host: 'good.test', headers: ['Origin: https://listed.test'] }, 101],
    ['another scheme', { host: 'good.test', headers: ['Origin: https://good.test'] }, 403],
    ['another port', { host: 'good.test', headers: ['Origin: http://good.test:81'] }, 403],
    ['a suffix', { host: 'good.test', headers: ['Origin: http://good.test.evil.example'] }, 403],
    ['a prefix', { host: 'good.test', headers: ['Origin: http://evilgood.test'] }, 403],
    ['a user', { host: 'good.test', headers: ['Origin: http://good.test@evil.example'] }, 403],
    ['a trailing dot', { host: 'good.test', headers: ['Origin: http://good.test.'] }, 403],
    ['an address', { host: 'good.test', headers: ['Origin: http://127.0.0.1'] }, 403],
    ['null', { host: 'good.test', headers: ['Origin: null'] }, 403],
    ['an empty one', { host: 'good.test', headers: ['Origin:'] }, 403],
    [
      'a forged proxy header',
      { host: 'good.test', headers: ['Origin: http://evil.test', 'X-Forwarded-Host: evil.test'] },
      403,
    ],
  ])('%s', async (_name, handshake, status) => {
    const { port } = await serveRouter((app) => app.ws('/', () => {}), { origin: ['https://listed.test'] });
    const client = await RawClient.open(port);
    const answer = await client.write(formatHandshake(handshake)).until('\r\n\r\n');
    expect(statusOf(answer)).toBe(status);
    if (status === 403) expect(await client.untilEnd()).toContain('may not open a WebSocket here, at http://good.test');
    client.socket.destroy();
  });

  test('is overridden by that of a route', async () => {
    const { port } = await serveRouter(
      (app) => {
        app.ws('/open', { origin: 'any' }, () => {});
        app.ws('/null', { origin: ['null'] }, () => {});
        app.ws('/closed', { origin: 'same-origin' }, () => {});
      },
      { origin: ['https://listed.test'] },
    );
    const statuses: number[] = [];
    for (const [target, origin] of [
      ['/open', 'https://evil.test'],
      ['/null', 'null'],
      ['/null', 'https://listed.test'],
      ['/closed', 'https://listed.test'],
    ]) {
      const client = await RawClient.open(port);
      client.write(formatHandshake({ target: target!, headers: [`Origin: ${origin!}`] }));
      statuses.push(statusOf(await client.until('\r\n\r\n')));
      client.socket.destroy();
    }
    expect(statuses).toEqual([101, 101, 403, 403]);
  });

  test('may be a function of the origin and the request after middleware', async () => {
    const { url } = await serveRouter((app) => {
      app.use((request, _response, next) => {
        Object.assign(request, { tenant: 'acme' });
        next();
      });
      app.ws(
        '/',
        {
          origin: async (origin, request) =>
            origin === `https://${(await Promise.resolve(request as unknown as { tenant: string })).tenant}.test`,
        },
        (socket) => socket.send('open'),
      );
    });
    const socket = await connect(url, { headers: { Origin: 'https://acme.test' } });
    expect(await socket.receive()).toBe('open');
    socket.terminate();
    await expect(connect(url, { headers: { Origin: 'https://other.test' } })).rejects.toMatchObject({ status: 403 });
  });

  test.each([
    [
      'throws',
      () => {
        throw new Error('Broken');
      },
    ],
    ['rejects', () => Promise.reject(new Error('Broken'))],
  ])('answers 500 and reports the error if its function %s', async (_name, origin) => {
    const { url, errors } = await serveRouter((app) => app.ws('/', { origin }, () => {}));
    await expect(connect(url, { headers: { Origin: 'https://a.test' } })).rejects.toMatchObject({ status: 500 });
    expect(errors).toMatchObject([{ message: 'Broken' }]);
  });

  test.each([true, false])(
    'has no effect for a client that has left meanwhile, if it returns %s',
    async (isAllowed) => {
      let answer: ((isAllowed: boolean) => void) | undefined;
      let calls = 0;
      const { port, errors, connections } = await serveRouter((app) =>
        app.ws(
          '/',
          { origin: () => new Promise((resolve) => (answer = resolve)) },
          (_request, _response, next) => {
            calls++;
            next();
          },
          () => {},
        ),
      );
      const client = await RawClient.open(port);
      client.write(formatHandshake({ headers: ['Origin: https://a.test'] }));
      await expect.poll(() => answer !== undefined).toBe(true);
      client.reset();
      await expect.poll(() => connections.size).toBe(0);
      answer!(isAllowed);
      await new Promise((resolve) => setImmediate(resolve));
      expect([calls, errors]).toEqual([0, []]);
    },
  );
});

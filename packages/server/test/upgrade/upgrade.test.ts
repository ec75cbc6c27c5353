import { createReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '@turnout/core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { textFrame } from '@turnout/test-kit/client-frame';
import { RawClient, formatHandshake, statusOf } from '@turnout/test-kit/raw-client';
import { serveRouter } from '@turnout/test-kit/serve-router';

const acceptValue = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';

describe('an upgrade that middleware lets pass', () => {
  test('is answered with one 101 and no body headers', async () => {
    const { port } = await serveRouter((router) => {
      router.ws(
        '/',
        (_request, response, next) => {
          response.setHeader('Content-Type', 'text/html');
          response.setHeader('Content-Length', '4');
          response.setHeader('Content-Encoding', 'gzip');
          response.setHeader('Transfer-Encoding', 'chunked');
          response.setHeader('Trailer', 'X-Later');
          response.setHeader('Keep-Alive', 'timeout=5');
          response.setHeader('Connection', 'keep-alive');
          response.setHeader('Upgrade', 'h2c');
          response.setHeader('Sec-WebSocket-Extensions', 'permessage-deflate');
          response.setHeader('Sec-WebSocket-Protocol', 'forged');
          response.setHeader('X-Own', ['a', 'b']);
          response.setHeader('Set-Cookie', ['a=1', 'b=2']);
          next();
        },
        (socket) => socket.send('first'),
      );
    });
    const client = await RawClient.open(port);
    const answer = await client.write(formatHandshake()).until('first');
    const [head] = answer.split('\r\n\r\n');
    const lines = head!.split('\r\n').filter((line) => !line.startsWith('Date:'));
    expect(lines[0]).toBe('HTTP/1.1 101 Switching Protocols');
    expect(lines.slice(1).toSorted()).toEqual([
      'Connection: Upgrade',
      `Sec-WebSocket-Accept: ${acceptValue}`,
      'Set-Cookie: a=1',
      'Set-Cookie: b=2',
      'Upgrade: websocket',
      'X-Own: a',
      'X-Own: b',
    ]);
    client.socket.destroy();
  });

  test('gets the messages sent while middleware and the handler waited, in order', async () => {
    let letPass: (() => void) | undefined;
    let letHandle: (() => void) | undefined;
    const received: unknown[] = [];
    const { port } = await serveRouter((router) => {
      router.ws(
        '/',
        async (_request, _response, next) => {
          await new Promise<void>((resolve) => (letPass = resolve));
          next();
        },
        async (socket) => {
          await new Promise<void>((resolve) => (letHandle = resolve));
          for await (const message of socket) received.push(message);
        },
      );
    });
    const client = await RawClient.open(port);
    client.write(Buffer.concat([Buffer.from(formatHandshake()), textFrame('with the head')]));
    client.write(textFrame('before the 101'));
    await expect.poll(() => letPass !== undefined).toBe(true);
    letPass!();
    await client.until('\r\n\r\n');
    client.write(textFrame('before the handler'));
    await expect.poll(() => letHandle !== undefined).toBe(true);
    letHandle!();
    await expect.poll(() => received.length).toBe(3);
    expect(received).toEqual(['with the head', 'before the 101', 'before the handler']);
    client.socket.destroy();
  });

  test('runs the hooks that middleware put on writeHead and end, once each', async () => {
    const calls: string[] = [];
    const { url } = await serveRouter((router) => {
      router.use((_request, response, next) => {
        const writeHead = response.writeHead.bind(response);
        const end = response.end.bind(response);
        response.writeHead = (status: number) => {
          calls.push(`writeHead ${status}`);
          return writeHead(status);
        };
        response.end = () => {
          calls.push('end');
          setImmediate(end);
          return response;
        };
        response.on('finish', () => calls.push('finish'));
        response.on('close', () => calls.push('close'));
        next();
      });
      router.ws('/', () => {
        calls.push('handler');
      });
    });
    const socket = await connect(url);
    await expect.poll(() => calls.length).toBe(5);
    // `close` follows `finish`, as in Node.js.
    expect(calls).toEqual(['writeHead 101', 'end', 'handler', 'finish', 'close']);
    socket.terminate();
  });

  test('opens one socket, whatever middleware calls twice', async () => {
    let opened = 0;
    const { url, errors, router } = await serveRouter((app) => {
      app.use((_request, _response, next) => {
        next();
        next();
      });
      app.ws(
        '/',
        (_request, _response, next) => {
          next();
          next();
        },
        (socket) => {
          opened++;
          socket.send('open');
        },
      );
    });
    const socket = await connect(url);
    expect(await socket.receive()).toBe('open');
    expect([opened, errors, router.sockets.size]).toEqual([1, [], 1]);
    socket.terminate();
  });

  test('stays open if middleware fails afterwards, and the error is reported', async () => {
    const late = new Error('Late');
    const { url, errors } = await serveRouter((router) => {
      router.ws(
        '/',
        async (_request, _response, next) => {
          next();
          await new Promise((resolve) => setImmediate(resolve));
          throw late;
        },
        (socket) => {
          socket.on('message', (data) => socket.send(data.toString()));
        },
      );
    });
    const socket = await connect(url);
    await expect.poll(() => errors.length).toBe(1);
    socket.send('still here');
    expect(await socket.receive()).toBe('still here');
    expect(errors).toEqual([late]);
    socket.terminate();
  });

  test('can no longer be written to through its response', async () => {
    const { url } = await serveRouter((router) => {
      router.ws(
        '/',
        (_request, response, next) => {
          response.on('close', () => {
            response.write('HTTP in between');
            response.end('the frames');
          });
          next();
        },
        (socket) => socket.send('frame'),
      );
    });
    const socket = await connect(url);
    expect(await socket.receive()).toBe('frame');
    socket.close();
    expect(await socket.closed).toMatchObject({ wasClean: true });
  });
});

describe('an upgrade that middleware refuses', () => {
  test.each([
    ['with a body', 401, 'who are you'],
    ['without one', 204, ''],
    ['by a redirect', 302, ''],
  ])('%s gets that answer, and its connection is closed', async (_name, status, body) => {
    const { port, router } = await serveRouter((app) => {
      app.ws(
        '/',
        (_request, response) => {
          response.statusCode = status;
          response.setHeader('Location', '/login').setHeader('X-Own', 'yes').end(body);
        },
        () => {
          throw new Error('Never called');
        },
      );
    });
    const answer = await RawClient.exchange(port, formatHandshake() + formatHandshake());
    expect(statusOf(answer)).toBe(status);
    expect(answer).toContain('Connection: close\r\n');
    expect(answer).toContain('X-Own: yes\r\n');
    expect(answer.split('\r\n\r\n')[1]).toBe(body);
    expect(answer.split('HTTP/1.1')).toHaveLength(2);
    expect(router.sockets.size).toBe(0);
  });

  test('is not accepted by a next() that follows the answer', async () => {
    const { port, errors } = await serveRouter((router) => {
      router.ws(
        '/',
        (_request, response, next) => {
          response.statusCode = 403;
          response.end('no');
          next();
        },
        () => {
          throw new Error('Never called');
        },
      );
    });
    const answer = await RawClient.exchange(port, formatHandshake());
    expect(statusOf(answer)).toBe(403);
    expect(errors).toEqual([]);
  });

  test('gets a large file that is piped into the response', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'turnout-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const path = join(folder, 'refusal.html');
    await writeFile(path, 'x'.repeat(2 * 1024 * 1024));
    const { port } = await serveRouter((router) => {
      router.ws(
        '/',
        (_request, response) => {
          response.statusCode = 403;
          createReadStream(path).pipe(response);
        },
        () => {},
      );
    });
    const client = await RawClient.open(port);
    client.socket.pause();
    client.write(formatHandshake());
    await new Promise((resolve) => setTimeout(resolve, 50));
    client.socket.resume();
    const answer = await client.untilEnd();
    expect(answer.split('x').length - 1).toBeGreaterThanOrEqual(2 * 1024 * 1024);
  });

  test('is cut off after a moment if it goes on sending', async () => {
    const { port } = await serveRouter((router) => {
      router.ws(
        '/',
        (_request, response) => response.writeHead(401).end(),
        () => {},
      );
    });
    const client = await RawClient.open(port);
    client.write(formatHandshake());
    await client.until('401');
    const sending = setInterval(() => client.write('GET /admin HTTP/1.1\r\nHost: x\r\n\r\n'), 10);
    await new Promise((resolve) => client.socket.once('close', resolve));
    clearInterval(sending);
    expect(client.text.split('HTTP/1.1')).toHaveLength(2);
  });
});

describe('an error before the 101', () => {
  test.each([
    ['of middleware', 500, 'Internal Server Error', () => Promise.reject(new Error('secret'))],
    [
      'with a status',
      418,
      'Short and stout',
      () => Promise.reject(Object.assign(new Error('Short and stout'), { status: 418 })),
    ],
    [
      'with a statusCode',
      503,
      'Service Unavailable',
      () => Promise.reject(Object.assign(new Error('secret'), { statusCode: 503 })),
    ],
  ])('%s gets %i', async (_name, status, body, middleware) => {
    const { port, errors } = await serveRouter((router) => {
      router.ws('/', middleware, () => {});
    });
    const answer = await RawClient.exchange(port, formatHandshake());
    expect(statusOf(answer)).toBe(status);
    expect(answer.endsWith(`\r\n\r\n${body}\n`)).toBe(true);
    expect(errors).toHaveLength(status >= 500 ? 1 : 0);
  });

  test('reaches the app’s error handlers', async () => {
    const { port, errors } = await serveRouter((router) => {
      router.ws(
        '/',
        (_request, _response, next) => next(new Error('Handled')),
        () => {},
      );
      router.use((error: Error, _request: unknown, response: ServerResponse, _next: unknown) => {
        response.statusCode = 409;
        response.end(error.message);
      });
    });
    const answer = await RawClient.exchange(port, formatHandshake());
    expect([statusOf(answer), answer.endsWith('Handled'), errors]).toEqual([409, true, []]);
  });

  test('in the choice of a subprotocol gets 500 and is reported', async () => {
    const broken = new Error('Broken');
    const { port, errors } = await serveRouter((router) => {
      router.ws(
        '/',
        {
          protocols: () => {
            throw broken;
          },
        },
        () => {},
      );
    });
    const answer = await RawClient.exchange(port, formatHandshake());
    expect(statusOf(answer)).toBe(500);
    expect(answer).toContain('Internal server error');
    expect(errors).toEqual([broken]);
  });

  test('in a hook on the response gets 500 if nothing is written yet', async () => {
    const broken = new Error('Broken');
    const { port, errors } = await serveRouter((router) => {
      router.ws(
        '/',
        (_request, response, next) => {
          const writeHead = response.writeHead.bind(response);
          response.writeHead = (status: number) => {
            if (status === 101) throw broken;
            return writeHead(status);
          };
          next();
        },
        () => {},
      );
    });
    const answer = await RawClient.exchange(port, formatHandshake());
    expect([statusOf(answer), errors]).toEqual([500, [broken]]);
    expect(answer).not.toContain('Sec-WebSocket-Accept');
  });

  test('in a hook after the head is written cuts the connection', async () => {
    const broken = new Error('Broken');
    const { port, errors } = await serveRouter((router) => {
      router.ws(
        '/',
        (_request, response, next) => {
          response.end = () => {
            throw broken;
          };
          next();
        },
        () => {},
      );
    });
    expect(await RawClient.exchange(port, formatHandshake())).toBe('');
    expect(errors).toEqual([broken]);
  });

  test('after the answer has begun cuts the connection and is reported once', async () => {
    const broken = new Error('Broken');
    const { port, errors } = await serveRouter(
      (router) => {
        router.ws(
          '/',
          (_request, response, next) => {
            response.statusCode = 403;
            response.write('beginning');
            next(broken);
          },
          () => {},
        );
      },
      { handshakeTimeout: 50 },
    );
    const answer = await RawClient.exchange(port, formatHandshake());
    expect(answer).toContain('beginning');
    expect(errors).toEqual([broken]);
  });

  test('of a write after the end of the response is reported, not thrown', async () => {
    const { port, errors } = await serveRouter((router) => {
      router.ws(
        '/',
        (_request, response) => {
          response.statusCode = 403;
          response.end('x'.repeat(16 * 1024 * 1024));
          response.write('too late');
        },
        () => {},
      );
    });
    const client = await RawClient.open(port);
    client.socket.pause();
    client.write(formatHandshake());
    await expect.poll(() => errors.length > 0).toBe(true);
    expect(errors).toMatchObject([{ code: 'ERR_STREAM_WRITE_AFTER_END' }]);
    client.reset();
  });
});

describe('headers that middleware sets', () => {
  test.each(['a\r\nX-Injected: 1', 'a\0b', 'aĀ'])('throw at once for %j', async (value) => {
    const { port } = await serveRouter((router) => {
      router.ws(
        '/',
        (_request, response, next) => {
          response.setHeader('X-Own', value);
          next();
        },
        () => {},
      );
    });
    const answer = await RawClient.exchange(port, formatHandshake());
    expect(statusOf(answer)).toBe(500);
    expect(answer).not.toContain('X-Injected');
  });
});

describe('subprotocols', () => {
  const offer = ['Sec-WebSocket-Protocol: chat.v2, chat.v1, __proto__'];

  test.each([
    ['no choice', undefined, undefined],
    ['a list, by its own order', ['chat.v1', 'chat.v2'], 'chat.v1'],
    ['a list without any that is offered', ['chat.v9'], undefined],
    ['a function', (offered: readonly string[]) => offered[0]!, 'chat.v2'],
    ['a function that wants none', () => false as const, undefined],
  ])('are chosen by %s', async (_name, protocols, expected) => {
    const { port } = await serveRouter((router) => {
      router.ws('/', { protocols }, (socket) => socket.send(`speaks ${socket.protocol}`));
    });
    const client = await RawClient.open(port);
    const answer = await client.write(formatHandshake({ headers: offer })).until(`speaks ${expected ?? ''}`);
    expect(/Sec-WebSocket-Protocol: (.*)\r/.exec(answer)?.[1]).toBe(expected);
    client.socket.destroy();
  });

  test('see the request that middleware has prepared', async () => {
    const { url } = await serveRouter((router) => {
      router.use((request, _response, next) => {
        Object.assign(request, { tenant: 'acme' });
        next();
      });
      router.ws(
        '/',
        { protocols: (_offered, request) => `${(request as unknown as { tenant: string }).tenant}.v1` },
        (socket) => socket.send(socket.protocol),
      );
    });
    const socket = await connect(url, { protocols: ['acme.v1'] });
    expect(await socket.receive()).toBe('acme.v1');
    socket.terminate();
  });

  test('are not sent to a client that has left meanwhile', async () => {
    const { port, errors } = await serveRouter((router) => {
      const protocols = (_offered: unknown, request: IncomingMessage): false => {
        request.socket.destroy();
        return false;
      };
      router.ws('/', { protocols }, () => {
        throw new Error('Never called');
      });
    });
    expect(await RawClient.exchange(port, formatHandshake())).toBe('');
    expect(errors).toEqual([]);
  });

  test('that were not offered get 500', async () => {
    const { port, errors } = await serveRouter((router) => {
      router.ws('/', { protocols: () => 'chat.v3' }, () => {});
    });
    const answer = await RawClient.exchange(port, formatHandshake({ headers: offer }));
    expect(statusOf(answer)).toBe(500);
    expect(answer).not.toContain('chat.v3');
    expect(errors).toMatchObject([{ status: 500 }]);
  });
});

describe('handshakeTimeout', () => {
  test('answers 503 for middleware that never answers, and discards what it does later', async () => {
    let late: (() => void) | undefined;
    const { port, errors } = await serveRouter(
      (router) => {
        router.ws(
          '/',
          (_request, response, next) => {
            late = () => {
              response.statusCode = 200;
              response.end('too late');
              next();
              next(new Error('Too late'));
            };
          },
          () => {
            throw new Error('Never called');
          },
        );
      },
      { handshakeTimeout: 30 },
    );
    const client = await RawClient.open(port);
    client.write(formatHandshake());
    await client.until('503');
    late!();
    const answer = await client.untilEnd();
    expect(answer).toContain('The app did not answer within handshakeTimeout');
    expect(answer).not.toContain('too late');
    expect(errors).toMatchObject([{ message: 'Too late' }]);
  });

  test('cuts off a response that never ends', async () => {
    const { port } = await serveRouter(
      (router) => {
        router.ws(
          '/',
          (_request, response) => {
            response.write('beginning');
          },
          () => {},
        );
      },
      { handshakeTimeout: 30 },
    );
    expect(await RawClient.exchange(port, formatHandshake())).toContain('beginning');
  });

  test('of Infinity never expires', async () => {
    const { url } = await serveRouter(
      (router) => {
        router.ws('/', (socket) => socket.send('open'));
      },
      { handshakeTimeout: Infinity },
    );
    const socket = await connect(url);
    expect(await socket.receive()).toBe('open');
    socket.terminate();
  });
});

describe('a client that leaves', () => {
  test('while middleware waits, 1000 times, leaves nothing behind and affects no other client', async () => {
    const waiting: (() => void)[] = [];
    const { port, url, router, errors, connections } = await serveRouter((app) => {
      app.ws(
        '/wait',
        async (_request, _response, next) => {
          await new Promise<void>((resolve) => waiting.push(resolve));
          next();
        },
        () => {
          throw new Error('Never called');
        },
      );
      app.ws('/echo', (socket) => {
        socket.on('message', (data) => socket.send(data.toString()));
      });
    });
    const bystander = await connect(`${url}/echo`);
    for (let round = 0; round < 10; round++) {
      const clients = await Promise.all(Array.from({ length: 100 }, () => RawClient.open(port)));
      for (const client of clients) client.write(formatHandshake({ target: '/wait' }));
      await expect.poll(() => waiting.length).toBe(100);
      for (const client of clients) client.reset();
      await expect.poll(() => connections.size).toBe(1);
      bystander.send(`round ${round}`);
      expect(await bystander.receive()).toBe(`round ${round}`);
      for (const resolve of waiting.splice(0)) resolve();
    }
    await expect.poll(() => router.sockets.size).toBe(1);
    expect(errors).toEqual([]);
    bystander.terminate();
  });

  test('at the same time as it is refused is noticed', async () => {
    const { port, errors } = await serveRouter((router) => {
      router.ws(
        '/',
        (request, response) => {
          request.socket.destroy();
          response.statusCode = 403;
          response.end('nobody reads this');
        },
        () => {},
      );
      router.ws(
        '/accept',
        (request, _response, next) => {
          request.socket.destroy();
          next();
        },
        () => {
          throw new Error('Never called');
        },
      );
      router.ws(
        '/error',
        (request, _response, next) => {
          request.socket.destroy();
          next(new Error('Too late'));
        },
        () => {},
      );
    });
    for (const target of ['/', '/accept', '/error']) {
      expect(await RawClient.exchange(port, formatHandshake({ target }))).toBe('');
    }
    expect(errors).toMatchObject([{ message: 'Too late' }]);
  });

  test('with a FIN while middleware waits still gets its answer', async () => {
    let letPass: (() => void) | undefined;
    const codes: number[] = [];
    const { port, router } = await serveRouter((app) => {
      app.ws(
        '/',
        (_request, _response, next) => {
          letPass = next;
        },
        (socket) => {
          socket.on('close', (code) => codes.push(code));
        },
      );
    });
    const client = await RawClient.open(port);
    client.write(formatHandshake());
    client.socket.end();
    await expect.poll(() => letPass !== undefined).toBe(true);
    letPass!();
    expect(statusOf(await client.untilEnd())).toBe(101);
    await expect.poll(() => codes.length).toBe(1);
    expect([codes, router.sockets.size]).toEqual([[1006], 0]);
  });
});

test('an upgrade whose connection closes while its response is written is not opened', async () => {
  const { port, router } = await serveRouter((app) => {
    app.ws(
      '/',
      (request, response, next) => {
        const end = response.end.bind(response);
        response.end = () => {
          end();
          request.socket.destroy();
          return response;
        };
        next();
      },
      () => {
        throw new Error('Never called');
      },
    );
  });
  await RawClient.exchange(port, formatHandshake());
  expect(router.sockets.size).toBe(0);
});

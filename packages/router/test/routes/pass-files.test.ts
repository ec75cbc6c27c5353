import { createReadStream, existsSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { connect } from '@turnout/core';
import type { RequestHandler } from 'router';
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, test, vi } from 'vitest';
import { createRouter } from '../../src/index.ts';
import { RawClient, formatHandshake, statusOf } from '@turnout/test-kit/raw-client';
import { serveRouter } from '@turnout/test-kit/serve-router';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'turnout-files-'));
  await mkdir(join(folder, 'chat'));
  for (const name of ['index.html', 'feed', 'chat/index.html']) await writeFile(join(folder, name), name);
});

afterAll(() => rm(folder, { recursive: true }));

beforeEach(() => {
  vi.spyOn(console, 'warn').mockImplementation(() => {});
});

afterEach(() => {
  vi.restoreAllMocks();
});

type SendFile = (response: ServerResponse, file: string) => void;

const byStream: SendFile = (response, file) => {
  response.setHeader('ETag', '"1"');
  response.setHeader('X-Before', 'file');
  createReadStream(file).pipe(response);
};

const byHead: SendFile = (response, file) => {
  response.writeHead(200, { ETag: '"1"' });
  createReadStream(file).pipe(response);
};

type SendFolder = (response: ServerResponse, location: string) => void;

const folderByProperties: SendFolder = (response, location) => {
  response.statusCode = 301;
  response.setHeader('Location', location);
  response.end('Moved');
};

const folderByHead: SendFolder = (response, location) => {
  response.writeHead(301, 'Moved', { Location: location });
  response.end();
};

const folderByLowerCase: SendFolder = (response, location) => {
  response.writeHead(301, { location });
  response.end();
};

/** Serves files as static file packages do. */
function serveFiles(sendFile: SendFile, sendFolder: SendFolder = folderByProperties): RequestHandler {
  return (request, response, next) => {
    const path = decodeURIComponent(request.url!.split('?', 1)[0]!);
    const file = join(folder, path.endsWith('/') ? `${path}index.html` : path);
    if (!existsSync(file)) next();
    else if (statSync(file).isDirectory()) sendFolder(response, `${path}/`);
    else sendFile(response, file);
  };
}

/** The head of the response to an upgrade. */
async function ask(port: number, target: string): Promise<string> {
  const client = await RawClient.open(port);
  const text = await client.write(formatHandshake({ target })).until('\r\n\r\n');
  client.reset();
  return text;
}

describe('file middleware in front of WebSocket routes', () => {
  test.each([
    ['piping them', byStream, folderByProperties],
    ['writing their head first', byHead, folderByHead],
    ['writing its head in lower case', byHead, folderByLowerCase],
  ])('%s lets upgrades pass, and leaves no trace of its answer', async (_name, sendFile, sendFolder) => {
    const { port } = await serveRouter((router) => {
      router.use((_request, response, next) => {
        response.setHeader('X-Before', 'yes');
        response.setHeader('X-Other', 'yes');
        next();
      });
      router.use(serveFiles(sendFile, sendFolder));
      for (const path of ['/', '/feed', '/chat', '/none']) router.ws(path, () => {});
    });
    for (const target of ['/', '/?x=1', '/feed', '/chat', '/chat/', '/none']) {
      const answer = await ask(port, target);
      expect(answer, target).toMatch(/^HTTP\/1.1 101 /);
      expect(answer).toMatch(/\r\nx-before: yes\r\n/i);
      expect(answer).toMatch(/\r\nx-other: yes\r\n/i);
      expect(answer).not.toMatch(/etag|location/i);
    }
    const page = await fetch(`http://127.0.0.1:${port}/feed`);
    expect([await page.text(), page.headers.get('etag')]).toEqual(['feed', '"1"']);
  });

  test('is found in mounted routers, which see the original target', async () => {
    const seen: (string | undefined)[] = [];
    const { port } = await serveRouter((router) => {
      const mounted = createRouter();
      mounted.use(serveFiles(byStream));
      mounted.use((request, _response, next) => {
        seen.push(request.url);
        next();
      });
      router.use('/app', mounted);
      router.ws('/app/feed', (_socket, request) => void seen.push(request.url));
    });
    expect(statusOf(await ask(port, '/app/feed?x=1'))).toBe(101);
    await expect.poll(() => seen).toEqual(['/feed?x=1', '/app/feed?x=1']);
  });

  test('passes on its errors', async () => {
    const { port } = await serveRouter((router) => {
      const files = serveFiles(byStream);
      router.use((request, response, next) => {
        if (request.url!.endsWith('.websocket')) next(Object.assign(new Error('Gone'), { status: 410 }));
        else files(request, response, next);
      });
      router.ws('/feed', () => expect.unreachable('the handler'));
    });
    expect(statusOf(await ask(port, '/feed'))).toBe(410);
  });

  test('may also call next() after its answer was undone, without effect', async () => {
    let calls = 0;
    const { port } = await serveRouter((router) => {
      const files = serveFiles(byStream);
      router.use((request, response, next) => {
        files(request, response, next);
        if (request.url === '/feed') next();
      });
      router.ws(
        '/feed',
        (_request, _response, next) => {
          calls++;
          next();
        },
        () => {},
      );
    });
    expect(statusOf(await ask(port, '/feed'))).toBe(101);
    expect(calls).toBe(1);
  });

  test('is not run again for a client that has left', async () => {
    let calls = 0;
    const { port, url } = await serveRouter((router) => {
      router.use('/feed', (request, response, next) => {
        calls++;
        createReadStream(join(folder, 'feed')).pipe(response);
        request.socket.destroy();
        next();
      });
      router.use(serveFiles(byStream));
      router.ws('/', () => {});
    });
    const client = await RawClient.open(port);
    expect(await client.write(formatHandshake({ target: '/feed/feed' })).untilEnd()).toBe('');
    (await connect(`${url}/`)).terminate();
    expect(calls).toBe(1);
  });
});

describe('an answer that is not the file at the path stands', () => {
  const file = (): string => join(folder, 'index.html');
  const gates: Record<string, RequestHandler> = {
    'a file, whatever the path is': (_request, response) => void createReadStream(file()).pipe(response),
    'a file, at one path': (request, response, next) => {
      if (request.url === '/') createReadStream(file()).pipe(response);
      else next();
    },
    'a stream that is not a file': (_request, response) => void Readable.from(['text']).pipe(response),
    'a head, then a stream that is not a file': (_request, response) => {
      response.writeHead(200, { 'X-Gate': 'yes' });
      Readable.from(['text']).pipe(response);
    },
    'text in parts': (_request, response) => {
      response.writeHead(200);
      response.write('te');
      response.end('xt');
    },
    'a head that is sent at once': (_request, response) => {
      response.flushHeaders();
      setImmediate(() => response.end('text'));
    },
    'text, although it also calls next()': (_request, response, next) => {
      response.end('text');
      next();
    },
    'a redirect elsewhere': (_request, response) => {
      response.writeHead(302, { Location: '/login' });
      response.end();
    },
  };

  test.each(Object.entries(gates))('if it is %s', async (_name, gate) => {
    const { port } = await serveRouter((router) => {
      router.use(gate);
      router.ws('/', () => expect.unreachable('the handler'));
    });
    const answer = await RawClient.exchange(port, formatHandshake());
    expect(answer).toMatch(/^HTTP\/1\.1 (200 OK|302 Found)\r\n/);
    expect(answer).toMatch(/text|2\r\nte\r\n2\r\nxt|index\.html|\r\nLocation: \/login\r\n/);
  });

  test('if it is a head that is written before next()', async () => {
    const { port } = await serveRouter((router) => {
      router.use((_request, response, next) => {
        response.writeHead(403);
        next();
      });
      router.use((_request, response) => void response.end('no'));
      router.ws('/', () => expect.unreachable('the handler'));
    });
    expect(statusOf(await RawClient.exchange(port, formatHandshake()))).toBe(403);
  });

  test('and hooks on the methods of a response stay in place', async () => {
    const ended: number[] = [];
    const { port } = await serveRouter((router) => {
      router.use((_request, response, next) => {
        const end = response.end.bind(response);
        response.end = (...args: unknown[]) => {
          ended.push(response.statusCode);
          return end(...(args as []));
        };
        next();
      });
      router.use(serveFiles(byStream));
      router.ws('/feed', () => {});
    });
    expect(statusOf(await ask(port, '/feed'))).toBe(101);
    expect(ended).toEqual([101]);
  });
});

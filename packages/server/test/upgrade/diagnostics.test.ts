import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { format, stripVTControlCharacters } from 'node:util';
import { connect, type WebSocket } from '@turnout/core';
import createDebug from 'debug';
import { describe, expect, onTestFinished, test } from 'vitest';
import { RawClient, formatHandshake, statusOf } from '@turnout/test-kit/raw-client';
import { serveRouter } from '@turnout/test-kit/serve-router';

/** Collects messages of a channel until the test is over. `isOurs` filters out those of concurrent tests. */
function watch<Message>(name: string, isOurs: (message: Message) => boolean): Message[] {
  const messages: Message[] = [];
  const listener = (message: unknown): void => {
    if (isOurs(message as Message)) messages.push(message as Message);
  };
  subscribe(name, listener);
  onTestFinished(() => {
    unsubscribe(name, listener);
  });
  return messages;
}

interface Seen {
  readonly request?: { readonly url: string };
  readonly socket?: WebSocket;
}

describe('the diagnostics channels', () => {
  test('report an accepted upgrade, its messages and its end', async () => {
    const sockets = new Set<WebSocket>();
    const { url } = await serveRouter((app) => {
      app.ws('/diagnostics', (socket) => {
        sockets.add(socket);
        socket.on('message', () => {});
      });
    });
    const isOurs = ({ socket }: Seen): boolean => sockets.has(socket!);
    const accepted = watch<Seen>('turnout:accept', ({ request }) => request?.url === '/diagnostics');
    const messages = watch<Seen>('turnout:message', isOurs);
    const closed = watch<Seen>('turnout:close', isOurs);
    const client = await connect(`${url}/diagnostics`);
    client.send('hello');
    client.close(4000, 'bye');
    await client.closed;
    await expect.poll(() => closed.length).toBe(1);
    const [socket] = sockets;
    expect(accepted).toMatchObject([{ request: { url: '/diagnostics' } }]);
    expect(accepted[0]!.socket).toBe(socket);
    expect(messages).toMatchObject([{ data: Buffer.from('hello'), isBinary: false }]);
    expect(closed).toMatchObject([{ code: 4000, reason: 'bye', wasClean: true }]);
  });

  test('report a refused upgrade with its status and reason', async () => {
    const { port } = await serveRouter(
      (app) => {
        app.ws(
          '/refused/by-app',
          (_request, response) => void response.writeHead(401).end('no'),
          () => {},
        );
        app.ws('/refused/origin', () => {});
        app.ws(
          '/refused/slow',
          () => {},
          () => {},
        );
      },
      { handshakeTimeout: 30 },
    );
    const refused = watch<Seen>('turnout:refuse', ({ request }) => request!.url.startsWith('/refused/'));
    const ask = async (options: Parameters<typeof formatHandshake>[0]): Promise<number> =>
      statusOf(await RawClient.exchange(port, formatHandshake(options)));
    expect(await ask({ target: '/refused/by-app' })).toBe(401);
    expect(await ask({ target: '/refused/origin', headers: ['Origin: http://evil.test'] })).toBe(403);
    expect(await ask({ target: '/refused/slow' })).toBe(503);
    expect(await ask({ target: '/refused/../x' })).toBe(400);
    expect(refused).toMatchObject([
      { status: 401, reason: 'middleware of the app has refused it' },
      { status: 403, reason: expect.stringContaining('Origin http://evil.test may not open') as string },
      { status: 503, reason: 'The app did not answer within handshakeTimeout' },
      { status: 400, reason: expect.stringContaining('dot segment') as string },
    ]);
  });

  test('report each error once, with or without a hook', async () => {
    const hooked: unknown[] = [];
    const { url } = await serveRouter(
      (app) => {
        app.ws('/errors/open', async () => Promise.reject(new Error('open')));
        app.ws('/errors/message', (socket) => {
          socket.on('message', () => {
            throw new Error('message');
          });
        });
      },
      { onError: (error) => hooked.push(error) },
    );
    const errors = watch<{ error: Error; phase: string }>('turnout:error', ({ error }) =>
      ['open', 'message'].includes(error.message),
    );
    await (
      await connect(`${url}/errors/open`)
    ).closed;
    const client = await connect(`${url}/errors/message`);
    client.send('x');
    await client.closed;
    expect(errors.map(({ error, phase }) => [error.message, phase])).toEqual([
      ['open', 'open'],
      ['message', 'message'],
    ]);
    expect(hooked).toHaveLength(2);
  });

  test('report a peer that is too slow', async () => {
    const { url } = await serveRouter(
      (app) => {
        app.ws('/slow', (socket) => {
          for (let sent = 0; sent < 200; sent++) socket.send(Buffer.alloc(100_000));
        });
      },
      { maxBufferedAmount: 200_000, sendTimeout: 400 },
    );
    const slow = watch<Seen & { reason: string }>('turnout:slow', ({ socket }) => socket !== undefined);
    const client = await connect(`${url}/slow`, { maxPayload: 1_000_000 });
    client.pause();
    await expect.poll(() => slow.length > 0).toBe(true);
    expect(slow[0]!.reason).toMatch(/over maxBufferedAmount 200000/);
    client.terminate();
  });
});

describe('with DEBUG=turnout:*', () => {
  test('accepted, refused and closed sockets are printed', async () => {
    const lines: string[] = [];
    const { log } = createDebug;
    createDebug.log = (template: string, ...args: unknown[]) =>
      void lines.push(stripVTControlCharacters(format(template, ...args)));
    createDebug.enable('turnout:*');
    onTestFinished(() => {
      createDebug.disable();
      createDebug.log = log;
    });
    const { url } = await serveRouter((app) => void app.ws('/debugged', () => {}));
    const socket = await connect(`${url}/debugged`);
    socket.close(4000, 'bye');
    await expect(connect(`${url}/debugged/nothing`)).rejects.toThrow('404');
    await expect.poll(() => lines.filter((line) => line.includes('/debugged')).length === 3).toBe(true);
    const seen = lines.filter((line) => line.includes('/debugged')).join('\n');
    expect(seen).toContain('accepted /debugged');
    expect(seen).toContain('closed /debugged with 4000 bye');
    expect(seen).toContain('refused /debugged/nothing with 404: no WebSocket route of the app matches this path');
  });
});

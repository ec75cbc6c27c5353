import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { connect } from '@turnout/core';
import { attach, turnout, type TurnoutOptions } from '@turnout/express';
import express from 'express';
import { createServer as createVite } from 'vite';
import { describe, expect, onTestFinished, test } from 'vitest';
import { requireSystemPart } from '@turnout/test-kit/system-part';

async function serve(options: TurnoutOptions = {}): Promise<string> {
  const app = turnout(express(), options);
  app.ws('/live', (socket) => {
    socket.send('hello');
    socket.on('message', () => socket.close(1000));
  });
  const server = createServer(app);
  attach(server, app);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    await app.close({ timeout: 0 });
    server.closeAllConnections();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** What the client receives: the first message, or the status that refuses it. */
async function answerTo(host: string, Origin?: string): Promise<unknown> {
  try {
    const socket = await connect(`ws://${host}/live`, Origin === undefined ? {} : { headers: { Origin } });
    const message = await socket.receive();
    socket.terminate();
    return message;
  } catch (error) {
    return (error as { status: number }).status;
  }
}

test('a client without an Origin is accepted', async () => {
  expect(await answerTo(await serve())).toBe('hello');
});

test("React Native's own Origin matches the app's, even with a trailing slash", async () => {
  const host = await serve();
  expect([await answerTo(host, `http://${host}`), await answerTo(host, `http://${host}/`)]).toEqual(['hello', 'hello']);
});

test('Arduino and the web views of Capacitor, Ionic and Cordova are accepted if they are listed', async () => {
  const origins = [
    'file://',
    'capacitor://localhost',
    'ionic://localhost',
    'http://localhost',
    'https://localhost',
    'null',
  ];
  const [strict, open] = [await serve(), await serve({ origin: origins })];
  for (const origin of origins) {
    expect([await answerTo(strict, origin), await answerTo(open, origin)], origin).toEqual([403, 'hello']);
  }
});

describe("Vite's proxy", () => {
  async function proxyTo(
    host: string,
    options: { changeOrigin?: boolean; rewriteWsOrigin?: boolean },
  ): Promise<unknown> {
    const vite = await createVite({
      configFile: false,
      logLevel: 'silent',
      server: {
        host: '127.0.0.1',
        port: 0,
        watch: null,
        proxy: { '/live': { target: `http://${host}`, ws: true, ...options } },
      },
    });
    onTestFinished(() => vite.close());
    await vite.listen(0);
    const page = `127.0.0.1:${(vite.httpServer!.address() as AddressInfo).port}`;
    return answerTo(page, `http://${page}`);
  }

  test('is accepted by default, because it keeps the Host', async () => {
    expect(await proxyTo(await serve(), {})).toBe('hello');
  });

  test('is accepted with changeOrigin only if it also rewrites the Origin', async () => {
    const host = await serve();
    expect(await proxyTo(host, { changeOrigin: true, rewriteWsOrigin: true })).toBe('hello');
    expect(await proxyTo(host, { changeOrigin: true })).toBe(403);
  });
});

describe.skipIf(requireSystemPart('curl') === undefined)('curl', () => {
  test('opens a socket with the documented command', async () => {
    const host = await serve();
    const document = readFileSync(new URL('../../docs/clients.md', import.meta.url), 'utf8');
    const command = /```sh\n(curl [\s\S]*?)\n```/.exec(document)![1]!.replace('localhost:3000', host);
    const { stdout } = await promisify(execFile)('sh', ['-c', `${command} --max-time 2 || true`]);
    expect(stdout).toMatch(/^HTTP\/1\.1 101 /);
    expect(stdout).toContain('hello');
  });
});

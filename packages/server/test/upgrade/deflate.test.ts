import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from '@turnout/core';
import { afterEach, expect, test } from 'vitest';
import type { AppOptions } from '../../src/index.ts';
import { createRouter } from '@turnout/test-kit/serve-router';

let server: Server;
let router: ReturnType<typeof createRouter>;
afterEach(async () => {
  await router.close({ timeout: 0 });
  server.close();
});

async function serve(options: AppOptions): Promise<string> {
  router = createRouter(options);
  router.ws('/app', (socket) => socket.send('x'.repeat(2_000)));
  router.ws('/off', { perMessageDeflate: false }, (socket) => socket.send('x'.repeat(2_000)));
  router.ws('/own', { perMessageDeflate: { clientMaxWindowBits: 9 } }, (socket) => socket.send('x'.repeat(2_000)));
  server = createServer();
  router.attach(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function extensionsOf(url: string): Promise<string> {
  const socket = await connect(url, { perMessageDeflate: true });
  expect(await socket.receive()).toBe('x'.repeat(2_000));
  return socket.extensions;
}

test('a route compresses as the app does, unless its option differs', async () => {
  const url = await serve({ perMessageDeflate: true });
  expect(await extensionsOf(`${url}/app`)).toBe('permessage-deflate; client_max_window_bits=12');
  expect(await extensionsOf(`${url}/off`)).toBe('');
  expect(await extensionsOf(`${url}/own`)).toBe('permessage-deflate; client_max_window_bits=9');
});

test('nothing is compressed by default', async () => {
  const url = await serve({});
  expect(await extensionsOf(`${url}/app`)).toBe('');
  expect(await extensionsOf(`${url}/own`)).toContain('permessage-deflate');
});

test('an invalid option is refused when it is set', () => {
  expect(() => createRouter({ perMessageDeflate: { threshold: -1 } })).toThrow('perMessageDeflate.threshold');
  router = createRouter();
  expect(() => router.ws('/x', { perMessageDeflate: { maxRatio: 0 } }, () => {})).toThrow('perMessageDeflate.maxRatio');
});

import { deepStrictEqual as deepEqual } from 'node:assert';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { createRouter, type WebSocketRouter } from '@turnout/router';
import { createHub, type Hub } from '@turnout/topics';
import { buildSync } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { CutProxy } from '@turnout/test-kit/cut-proxy';
import { startNginx, type Daemon } from '@turnout/test-kit/daemon';
import { requireSystemPart } from '@turnout/test-kit/system-part';
import { browserNames, browsers, launch } from './browsers.ts';

const hasNginx = requireSystemPart('nginx') !== undefined;
const isLong = process.env['TURNOUT_LONG'] === '1';

const clientFile = fileURLToPath(new URL('../../packages/client/src/index.ts', import.meta.url));
const bundle = buildSync({ entryPoints: [clientFile], bundle: true, format: 'esm', write: false }).outputFiles[0]!.text;

const page = `<!doctype html><title>Client</title><p id="state"></p><ol id="log"></ol><script type="module">
import { createClient } from '/client.js';
window.received = [];
window.log = [];
const client = createClient('/live', { minReconnectDelay: 50, maxReconnectDelay: 400, pingInterval: 500, pongTimeout: 500, handshakeTimeout: 1000 });
client.onstatuschange = () => { document.querySelector('#state').textContent = client.status; };
client.onsessionended = () => log.push('session ended');
client.subscribe('numbers', {
  onMessage: (number) => received.push(number),
  onSubscribed: ({ recovered }) => log.push(recovered ? 'recovered' : 'subscribed'),
  onGap: () => log.push('gap'),
});
</script>`;

/** An app behind nginx that publishes to its pages; it can be restarted on its port, and its history survives that. */
class ProxiedApp {
  readonly hub: Hub = createHub();
  readonly numbers = this.hub.topic('numbers', { history: { size: 10_000 } });
  count = 0;
  onToken: (text: string) => void = () => {};
  router!: WebSocketRouter;
  port = 0;
  proxy!: CutProxy;
  nginx!: Daemon;
  #stop!: () => Promise<void>;

  async start(): Promise<void> {
    const router = createRouter({ pingInterval: 1_000 });
    const server = createServer();
    router.get('/', (_request, response) => {
      response.setHeader('Content-Type', 'text/html; charset=utf-8');
      response.end(page);
    });
    router.get('/client.js', (_request, response) => {
      response.setHeader('Content-Type', 'text/javascript');
      response.end(bundle);
    });
    router.ws('/live', async (socket) => {
      const handle = this.hub.commands(socket, () => this.numbers);
      for await (const message of socket) await handle(message);
    });
    router.ws('/token', async (socket, request) => {
      this.onToken(request.url ?? '');
      for await (const message of socket) {
        this.onToken(String(message));
        socket.send('welcome');
      }
    });
    router.attach(server);
    server.listen(this.port, '127.0.0.1');
    await once(server, 'listening');
    this.port = (server.address() as AddressInfo).port;
    this.router = router;
    this.#stop = async () => {
      await router.close({ code: 1012, timeout: 500 });
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    };
  }

  stop(): Promise<void> {
    return this.#stop();
  }

  async publish(times: number): Promise<void> {
    for (let time = 0; time < times; time++) await this.numbers.publish(String(this.count++));
  }

  /** Asserts that the page has every number, once and in order. */
  async expectWhole(tab: Page): Promise<void> {
    await tab.waitForFunction(`received.length >= ${this.count}`);
    const received = await tab.evaluate<number[]>('received');
    deepEqual(
      received,
      Array.from({ length: this.count }, (_, index) => index),
    );
    const log = await tab.evaluate<string[]>('log');
    deepEqual(new Set(log), new Set(log.length > 1 ? ['subscribed', 'recovered'] : ['subscribed']));
  }
}

test('the client has at most 4,000 bytes, gzipped', () => {
  const { outputFiles } = buildSync({
    entryPoints: [clientFile],
    bundle: true,
    minify: true,
    format: 'esm',
    write: false,
  });
  expect(gzipSync(outputFiles[0]!.contents).length).toBeLessThanOrEqual(4_000);
});

describe.each(browserNames)('the client in %s, behind nginx', (name) => {
  describe.skipIf(browsers[name] === undefined || !hasNginx)('as it is installed', () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await launch(name);
    });
    afterAll(() => browser?.close());

    async function open(readTimeout = 3): Promise<{ app: ProxiedApp; tab: Page }> {
      const app = new ProxiedApp();
      await app.start();
      app.nginx = await startNginx([app.port], { readTimeout });
      app.proxy = await CutProxy.to(app.nginx.port);
      const context = await browser.newContext();
      onTestFinished(async () => {
        await context.close();
        await app.proxy.close();
        await app.nginx.stop();
        await app.stop();
      });
      const tab = await context.newPage();
      await tab.goto(`http://127.0.0.1:${app.proxy.port}/`);
      await tab.locator('#state', { hasText: 'open' }).waitFor();
      await expect.poll(() => app.numbers.size).toBe(1);
      await app.publish(5);
      return { app, tab };
    }

    test('misses nothing when the server restarts', async () => {
      const { app, tab } = await open();
      await app.stop();
      await app.publish(5);
      await app.start();
      await app.publish(5);
      await app.expectWhole(tab);
    });

    test('misses nothing when nginx reloads', async () => {
      const { app, tab } = await open();
      const [socket] = app.router.sockets;
      app.nginx.signal('SIGHUP');
      await socket!.closed;
      await app.publish(5);
      await app.expectWhole(tab);
    });

    test('misses nothing when the network is silently cut', async () => {
      const { app, tab } = await open();
      app.proxy.cut();
      await app.publish(5);
      await tab.locator('#state', { hasText: /waiting|connecting/ }).waitFor();
      await app.publish(5);
      app.proxy.heal();
      await app.expectWhole(tab);
    });

    test('stays connected when nothing happens for longer than nginx waits', { timeout: 120_000 }, async () => {
      const readTimeout = isLong ? 60 : 3;
      const { app, tab } = await open(readTimeout);
      const [socket] = app.router.sockets;
      await delay((readTimeout + 2) * 1_000);
      await app.publish(1);
      await app.expectWhole(tab);
      expect([...app.router.sockets]).toEqual([socket]);
    });

    test('renews its token for each connection, and receives only messages after it', async () => {
      const { app, tab } = await open();
      const tokens: string[] = [];
      app.onToken = (token) => tokens.push(token);
      await tab.evaluate(`(async () => {
        const { createClient } = await import('/client.js');
        let count = 0;
        window.errors = [];
        window.second = createClient(async () => {
          if (++count === 2) throw new Error('No token');
          return '/token?attempt=' + count;
        }, { minReconnectDelay: 10, authenticate: async (socket) => {
          const answered = new Promise((resolve) => socket.addEventListener('message', resolve, { once: true }));
          socket.send('token ' + count);
          await answered;
        } });
        second.onerror = ({ error }) => errors.push(error.message);
        second.send('first words');
      })()`);
      await expect.poll(() => tokens).toEqual(['/token?attempt=1', 'token 1', 'first words']);
      app.router.sockets.forEach((socket) => socket.terminate());
      await expect.poll(() => tokens.slice(3)).toEqual(['/token?attempt=3', 'token 3']);
      expect(await tab.evaluate('errors')).toEqual(['No token']);
    });

    test('pings immediately when the page is shown, and replaces a dead connection', async () => {
      const { app, tab } = await open();
      // Longer than the test: only the event can cause the ping.
      await tab.evaluate(`(async () => {
        const { createClient } = await import('/client.js');
        const options = { minReconnectDelay: 10, pingInterval: 1e9, pongTimeout: 300, handshakeTimeout: 1000 };
        window.third = createClient('/live', options);
        third.subscribe('numbers', { onMessage: () => {} });
        await new Promise((resolve) => third.addEventListener('open', resolve));
        window.states = [];
        third.onstatuschange = () => states.push(third.status);
      })()`);
      await tab.evaluate(`document.dispatchEvent(new Event('visibilitychange'))`);
      await delay(1_000);
      expect(await tab.evaluate('states')).toEqual([]);
      app.proxy.cut();
      await tab.evaluate(`document.dispatchEvent(new Event('visibilitychange'))`);
      await tab.waitForFunction(`states[0] === 'waiting'`);
      app.proxy.heal();
      await tab.waitForFunction(`third.status === 'open'`);
    });

    test('reconnects as soon as the browser is online', async () => {
      const { app, tab } = await open();
      await tab.context().setOffline(true);
      await tab.locator('#state', { hasText: 'offline' }).waitFor();
      await app.publish(5);
      await tab.context().setOffline(false);
      await app.expectWhole(tab);
    });
  });
});

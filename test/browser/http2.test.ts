import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createSecureServer, type Http2SecureServer, type Http2ServerRequest, type Http2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { createRouter } from '@turnout/router';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { browserNames, browsers, launch } from './browsers.ts';

function credential(name: string): Buffer {
  return readFileSync(fileURLToPath(new URL(`../../packages/core/test/socket/tls/${name}.pem`, import.meta.url)));
}

const page = `<!doctype html><title>HTTP/2</title><p id="state"></p><script>
const socket = new WebSocket('wss://' + location.host + '/echo', ['chat.v1']);
const log = [];
socket.onopen = () => socket.send('grüße');
socket.onmessage = ({ data }) => {
  log.push(socket.protocol, data);
  socket.close(4001, 'done');
};
socket.onclose = ({ code, reason, wasClean }) => {
  document.querySelector('#state').textContent = [...log, code, reason, wasClean].join(' ');
};
</script>`;

describe.each(browserNames)('HTTP/2 in %s', (name) => {
  describe.skipIf(browsers[name] === undefined)('as it is installed', () => {
    /** The connections of the requests, by path. */
    const sessions = new Map<string, Http2Session | undefined>();
    let server: Http2SecureServer;
    let browser: Browser;
    beforeAll(async () => {
      const router = createRouter();
      router.use((request, _response, next) => {
        const { stream } = request as unknown as Partial<Http2ServerRequest>;
        sessions.set(request.url!, stream?.session);
        next();
      });
      router.get('/', (_request, response) => {
        response.setHeader('Content-Type', 'text/html; charset=utf-8');
        response.end(page);
      });
      router.ws('/echo', { protocols: ['chat.v1'] }, (socket) => {
        socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
      });
      server = createSecureServer({ key: credential('key'), cert: credential('certificate'), allowHTTP1: true });
      router.attach(server);
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      browser = await launch(name);
    });
    afterAll(async () => {
      await browser?.close();
      server?.close();
    });

    test('the WebSocket shares the connection of the page', async () => {
      const context = await browser.newContext({ ignoreHTTPSErrors: true });
      const tab = await context.newPage();
      await tab.goto(`https://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      await tab.locator('#state', { hasText: 'done' }).waitFor();
      expect(await tab.locator('#state').textContent()).toBe('chat.v1 grüße 4001 done true');
      expect(sessions.get('/')).toBeDefined();
      expect(sessions.get('/echo')).toBe(sessions.get('/'));
      await context.close();
    });
  });
});

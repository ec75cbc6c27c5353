import { deepStrictEqual, match, strictEqual } from 'node:assert';
import { connectTo, expectRefused } from '../../connect-to.ts';
import { dialTcp, exchangeBytes, handshakeText } from '../raw-connection.ts';
import type { StageCases } from '../stage.ts';
import { echo } from './echo.ts';
import { routeOf } from './route-of.ts';

/** For HTTP/1.1 without TLS: hostile bytes, and time limits. */
export const http1Cases: StageCases = {
  async 'ambiguous request targets are answered with 400, and the app does not run'(stage) {
    let runs = 0;
    const { port } = await stage.serve(({ use, ws }) => {
      use(() => void runs++);
      ws('/ws', { handler: () => void runs++ });
    });
    const targets = ['http://evil/ws', '//evil/ws', '/ws#x', '/x/../ws', '/./ws', '/x\\..\\ws', '/%2e%2e/ws', '/ws%00'];
    for (const target of [...targets, '*']) {
      match(await exchangeBytes(port, handshakeText(target)), /^HTTP\/1.1 400 /, target);
    }
    strictEqual(runs, 0);
  },

  async 'an upgrade that no listener of the server takes is answered with 404 after handshakeTimeout'(stage) {
    const { server, open, refusal } = await stage.serve(routeOf('/echo', echo), { handshakeTimeout: 40 });
    server.on('upgrade', () => {});
    const { status, body } = await refusal('/nobody');
    deepStrictEqual([status, body], [404, 'No WebSocket here\n']);
    (await open('/echo')).client.terminate();
  },

  async 'an upgrade that middleware never answers is answered with 503 after handshakeTimeout'(stage) {
    const { refusal } = await stage.serve(
      ({ ws }) => ws('/never', { steps: [() => new Promise(() => {})], handler: echo }),
      { handshakeTimeout: 40 },
    );
    strictEqual((await refusal('/never')).status, 503);
  },

  async 'a header with a line break is answered with 500, and so is a subprotocol that was not offered'(stage) {
    const { refusal } = await stage.serve(({ ws }) => {
      ws('/header', { steps: [({ setHeader }) => setHeader('X-One', 'a\r\nX-Two: b')], handler: echo });
      ws('/protocol', { options: { protocols: () => 'other' }, handler: echo });
    });
    const injected = await refusal('/header');
    deepStrictEqual([injected.status, injected.headers['x-two']], [500, undefined]);
    strictEqual((await refusal('/protocol', { protocols: ['chat'] })).status, 500);
  },

  async 'nothing is answered after a refusal'(stage) {
    const { port } = await stage.serve((app) => {
      app.ws('/closed', { steps: [({ answer }) => answer(401, 'no')], handler: echo });
      app.get('/page', 'page');
    });
    const smuggled = `${handshakeText('/closed')}GET /page HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`;
    strictEqual((await exchangeBytes(port, smuggled)).match(/HTTP\/1\.1/g)?.length, 1);
  },

  async 'an app can be tested without a port'(stage) {
    const app = stage.adapter.create({ onError: () => {} });
    app.ws('/echo/:name', {
      handler: (socket, { params }) => {
        socket.send(JSON.stringify(params));
        echo(socket);
      },
    });
    const server = await app.createServer(stage.transport);
    stage.onEnd(() => app.close({ timeout: 0 }));
    const client = await connectTo(server, '/echo/ann');
    await client.expect({ name: 'ann' });
    client.send('hello');
    await client.expect('hello');
    await expectRefused(server, '/nothing', 404);
    strictEqual(server.listening, false);
    client.close(1000);
    await client.expectClose(1000);
  },

  async 'clients that reset their connection while middleware waits do no harm, and leave nothing behind'(stage) {
    let entered = 0;
    const held: (() => void)[] = [];
    const { app, port, open } = await stage.serve(({ ws }) => {
      const wait = (): Promise<void> => new Promise((resolve) => held.push(resolve));
      ws('/slow', { steps: [wait], handler: () => void entered++ });
      ws('/echo', { handler: echo });
    });
    for (let count = 1; count <= 20; count++) {
      const tcp = await dialTcp(port);
      tcp.write(handshakeText('/slow'));
      await stage.eventually(() => held.length, count);
      tcp.resetAndDestroy();
    }
    // The server reads what was sent later no earlier: by then it has seen the resets.
    const { client, next } = await open('/echo');
    client.send('alive');
    strictEqual(await next(), 'alive');
    for (const resume of held) resume();
    client.send('still alive');
    strictEqual(await next(), 'still alive');
    deepStrictEqual([app.sockets.size, entered], [1, 0]);
  },
};

import { deepStrictEqual, strictEqual } from 'node:assert';
import type { StageCases } from '../stage.ts';
import { echo } from './echo.ts';
import { routeOf } from './route-of.ts';

/** For HTTP/2, where one connection carries many WebSockets. */
export const http2Cases: StageCases = {
  async 'one HTTP/2 connection cannot open more than its share of WebSockets'(stage) {
    const { app, open, refusal } = await stage.serve(routeOf('/echo', echo), { maxStreamsPerConnection: 2 });
    const first = await open('/echo');
    await open('/echo');
    const { status, body } = await refusal('/echo');
    deepStrictEqual([status, body], [429, 'Too many WebSockets on this connection: maxStreamsPerConnection is 2\n']);
    first.client.terminate();
    await stage.eventually(() => app.sockets.size, 1);
    await open('/echo');
  },

  async 'a Host that differs from the authority is answered with 400, and the Origin must match the authority'(stage) {
    const { open, refusal } = await stage.serve(routeOf('/echo', echo));
    const scheme = stage.transport.tls === undefined ? 'http' : 'https';
    const ask = (host: string, Origin: string) => ({ headers: { ':authority': 'good.test', host, Origin } });
    strictEqual((await refusal('/echo', ask('evil.test', `${scheme}://evil.test`))).status, 400);
    strictEqual((await refusal('/echo', ask('evil.test', `${scheme}://good.test`))).status, 400);
    await open('/echo', ask('GOOD.test', `${scheme}://good.test`));
  },
};

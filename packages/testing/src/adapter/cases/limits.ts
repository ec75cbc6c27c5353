import { deepStrictEqual, strictEqual } from 'node:assert';
import type { UserContext } from '../adapter-under-test.ts';
import type { StageCases } from '../stage.ts';
import { echo } from './echo.ts';
import { routeOf } from './route-of.ts';

const userOf = ({ headers }: UserContext): string | undefined => headers['x-user'] as string | undefined;
const as = (user: string) => ({ headers: { 'X-User': user } });

/** How many sockets an address, a user and an HTTP/2 connection may have. */
export const limitCases: StageCases = {
  async 'an address that has maxConnectionsPerAddress gets 429, and is accepted again once one has closed'(stage) {
    const { app, open, refusal } = await stage.serve(routeOf('/echo', echo), { maxConnectionsPerAddress: 2 });
    const first = await open('/echo');
    await open('/echo');
    const { status, headers, body } = await refusal('/echo');
    deepStrictEqual([status, headers['retry-after']], [429, '5']);
    strictEqual(body.includes('maxConnectionsPerAddress is 2'), true, body);
    first.client.terminate();
    await stage.eventually(() => app.sockets.size, 1);
    await open('/echo');
  },

  async 'a user that has maxConnectionsPerUser gets 429, and other users do not'(stage) {
    const { open, refusal } = await stage.serve(routeOf('/echo', echo), { maxConnectionsPerUser: 1, user: userOf });
    await open('/echo', as('ann'));
    const { status, headers, body } = await refusal('/echo', as('ann'));
    deepStrictEqual([status, headers['retry-after']], [429, '5']);
    strictEqual(body.includes('maxConnectionsPerUser is 1'), true, body);
    await open('/echo', as('bob'));
    await Promise.all([open('/echo'), open('/echo')]);
  },

  async 'disconnectUser() closes the sockets of one user'(stage) {
    const { app, open } = await stage.serve(routeOf('/echo', echo), { user: userOf });
    const ann = await open('/echo', as('ann'));
    await open('/echo', as('bob'));
    strictEqual(await app.disconnectUser('ann'), 1);
    strictEqual((await ann.closed).code, 3000);
    await stage.eventually(() => app.sockets.size, 1);
  },
};

/** For frameworks with a setting for proxies. */
export const proxyCases: StageCases = Object.fromEntries(
  [true, false].map((trustsProxy): [string, StageCases[string]] => [
    `addresses are those that the app trusts (it trusts its proxy: ${trustsProxy})`,
    async (stage) => {
      const { open, refusal } = await stage.serve(routeOf('/echo', echo), { maxConnectionsPerAddress: 1, trustsProxy });
      const from = (address: string) => ({ headers: { 'X-Forwarded-For': address } });
      await open('/echo', from('192.0.2.1'));
      if (trustsProxy) await open('/echo', from('2001:db8:1:2::1'));
      strictEqual((await refusal('/echo', from('2001:db8:1:2::2'))).status, 429);
      strictEqual((await refusal('/echo', from('::ffff:192.0.2.1'))).status, 429);
    },
  ]),
);

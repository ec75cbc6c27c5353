import { adapterContract, type AdapterUnderTest, type AppUnderTest } from '@turnout/testing/adapter-contract';
import { describe, expect, test } from 'vitest';
import { nodeHttp } from './node-http.ts';

/** Makes an app faulty. */
type Fault = (app: AppUnderTest) => Partial<AppUnderTest>;

// A suite that never fails proves nothing: each adapter has one fault, and one case must find it.
const faults: readonly { fault: string; by: string; make: Fault }[] = [
  {
    fault: 'accepts before the middleware of the route runs',
    by: 'http: an answer of the middleware of the route refuses the upgrade',
    make: (app) => ({ ws: (path, route) => app.ws(path, { ...route, steps: [] }) }),
  },
  {
    fault: 'does not pass upgrades through the middleware of the app',
    by: 'http: a guard of GET in the middleware of the app guards a WebSocket as well as a page',
    make: (app) => ({
      use: (step) =>
        app.use((exchange) => (exchange.message.headers.upgrade === undefined ? step(exchange) : undefined)),
    }),
  },
  {
    fault: 'drops the headers of middleware',
    by: 'https: middleware of the app and of the route runs in order, sees a GET, and its headers and cookies are on the 101',
    make: (app) => ({ use: (step) => app.use((exchange) => step({ ...exchange, setHeader() {} })) }),
  },
  {
    fault: 'ignores the options of a route',
    by: 'HTTP/2: the subprotocol is one that the route speaks',
    make: (app) => ({ ws: (path, route) => app.ws(path, { ...route, options: {} }) }),
  },
  {
    fault: 'forgets the parameters of the path',
    by: 'http: a handler gets the socket, the parameters of its path and the target of the request',
    make: (app) => ({
      ws: (path, { handler, ...route }) =>
        app.ws(path, { ...route, handler: (socket, context) => handler(socket, { ...context, params: {} }) }),
    }),
  },
  {
    fault: "swallows a handler's rejection",
    by: 'http: a handler that throws or rejects closes its socket with 1011, and the others stay open',
    make: (app) => ({
      ws: (path, { handler, ...route }) =>
        app.ws(path, {
          ...route,
          handler: async (socket, context) => Promise.resolve(handler(socket, context)).catch(() => socket.close(1000)),
        }),
    }),
  },
  {
    fault: 'closes without its sockets',
    by: 'HTTP/2 with TLS: closing the app closes its sockets with 1001',
    make: () => ({ close: async () => {} }),
  },
  {
    fault: 'disconnects nobody',
    by: 'http: disconnectUser() closes the sockets of one user',
    make: () => ({ disconnectUser: async () => 0 }),
  },
  {
    fault: 'returns a copy of its sockets',
    by: 'http: a handler gets the socket, the parameters of its path and the target of the request',
    make: () => ({ sockets: new Set([{} as never]) }),
  },
];

describe('the suite', () => {
  test.each(faults)('fails an adapter that $fault', async ({ by, make }) => {
    const faulty: AdapterUnderTest = {
      ...nodeHttp,
      create: (options) => {
        const app = nodeHttp.create(options);
        return { ...app, ...make(app) };
      },
    };
    const cases = adapterContract(faulty, { timeout: 2_000 });
    const found = cases.find(({ name }) => name === `node:http over ${by}`);
    await expect(found?.run()).rejects.toMatchObject({ name: 'AssertionError' });
  });

  test('has a name for each case', () => {
    const names = adapterContract(nodeHttp).map(({ name }) => name);
    expect(names).toEqual([...new Set(names)]);
  });
});

import { AsyncLocalStorage } from 'node:async_hooks';
import { deepStrictEqual, strictEqual } from 'node:assert';
import type { AppUnderTest } from '../adapter-under-test.ts';
import type { StageCases } from '../stage.ts';
import { echo } from './echo.ts';
import { routeOf } from './route-of.ts';

/** Accepted sockets and their handlers. */
export const socketCases: StageCases = {
  async 'the subprotocol is one that the route speaks'(stage) {
    const { open } = await stage.serve(({ ws }) => {
      ws('/chat', { options: { protocols: ['chat.v2', 'chat.v1'] }, handler: echo });
    });
    const { client } = await open('/chat', { protocols: ['chat.v1', 'chat.v2'] });
    strictEqual(client.protocol, 'chat.v2');
  },

  async 'a handler that throws or rejects closes its socket with 1011, and the others stay open'(stage) {
    const { open, errors } = await stage.serve(addFaultyRoutes);
    const bystander = await open('/echo');
    strictEqual((await (await open('/throws')).closed).code, 1011);
    strictEqual((await (await open('/rejects')).closed).code, 1011);
    const { client, closed } = await open('/message');
    client.send('x');
    strictEqual((await closed).code, 1011);
    deepStrictEqual(
      errors.map((error) => (error as Error).message),
      ['thrown', 'rejected', 'in a message'],
    );
    bystander.client.send('still here');
    strictEqual(await bystander.next(), 'still here');
  },

  async 'an AsyncLocalStorage of middleware is available in the handler and in each listener and callback of its socket'(
    stage,
  ) {
    const notes = new Notes();
    const { open } = await stage.serve((app) => notes.addRoutes(app));
    const clients = await Promise.all(['/listens?1', '/loops?2', '/listens?3'].map((path) => open(path)));
    for (const { client } of clients) client.send('hello');
    for (const { next } of clients) strictEqual(await next(), 'hello');
    await stage.eventually(() => notes.seen.filter((what) => what.startsWith('pong')).length, 2);
    for (const { client } of clients) client.close(1000);
    await Promise.all(clients.map(({ closed }) => closed));
    const listening = ['handler', 'message', 'callback', 'pong', 'close'];
    const expected = [
      ...listening.map((what) => `${what}: /listens?1`),
      ...listening.map((what) => `${what}: /listens?3`),
      'loop: /loops?2',
      'end of the loop: /loops?2',
    ];
    await stage.eventually(() => notes.seen.toSorted(), expected.toSorted());
    notes.dispose();
  },

  async 'closing the app closes its sockets with 1001'(stage) {
    const { app, open, hangUp } = await stage.serve(routeOf('/echo', echo));
    const { closed } = await open('/echo');
    const isClosed = app.close();
    strictEqual((await closed).code, 1001);
    // A framework may also wait for HTTP/2 connections, which the client keeps open.
    hangUp();
    await isClosed;
    strictEqual(app.sockets.size, 0);
  },
};

function addFaultyRoutes({ ws }: AppUnderTest): void {
  ws('/echo', { handler: echo });
  ws('/throws', {
    handler: () => {
      throw new Error('thrown');
    },
  });
  ws('/rejects', { handler: async () => Promise.reject(new Error('rejected')) });
  ws('/message', {
    handler: (socket) => {
      socket.on('message', async () => Promise.reject(new Error('in a message')));
    },
  });
}

/** Records where the URL that middleware has stored is available. */
class Notes {
  readonly seen: string[] = [];
  readonly #storage = new AsyncLocalStorage<string>();

  /** If left enabled, the storage would slow down every promise of the process. */
  dispose(): void {
    this.#storage.disable();
  }

  addRoutes({ use, ws }: AppUnderTest): void {
    use(({ url }) => this.#storage.enterWith(url));
    ws('/listens', {
      handler: (socket) => {
        this.#note('handler');
        socket.on('message', (data) => {
          this.#note('message');
          socket.send(data.toString(), () => this.#note('callback'));
          socket.ping();
        });
        socket.on('pong', () => this.#note('pong'));
        socket.on('close', () => this.#note('close'));
      },
    });
    ws('/loops', {
      handler: async (socket) => {
        for await (const message of socket) {
          this.#note('loop');
          socket.send(String(message));
        }
        this.#note('end of the loop');
      },
    });
  }

  #note(what: string): void {
    this.seen.push(`${what}: ${this.#storage.getStore()}`);
  }
}

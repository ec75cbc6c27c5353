import type * as GraphQL from 'graphql';
import { createClient, type Client } from 'graphql-ws';
import { useServer } from 'graphql-ws/use/ws';
import { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket as WsClient } from 'ws';
import { serveApp, type AppServer } from './app-server.ts';

// By require(), as graphql-ws itself loads it: the package exists once for import and once for require().
const { GraphQLError, GraphQLInt, GraphQLObjectType, GraphQLSchema, GraphQLString } = createRequire(import.meta.url)(
  'graphql',
) as typeof GraphQL;

async function* countTo(_source: unknown, { limit }: { limit: number }): AsyncGenerator<{ count: number }> {
  for (let count = 1; count <= limit; count++) {
    await Promise.resolve();
    yield { count };
  }
}

const schema = new GraphQLSchema({
  query: new GraphQLObjectType({
    name: 'Query',
    fields: {
      hello: { type: GraphQLString, resolve: () => 'grüße' },
      broken: {
        type: GraphQLString,
        resolve: () => {
          throw new GraphQLError('on purpose');
        },
      },
    },
  }),
  subscription: new GraphQLObjectType({
    name: 'Subscription',
    fields: { count: { type: GraphQLInt, args: { limit: { type: GraphQLInt } }, subscribe: countTo } },
  }),
});

let server: AppServer;
let client: Client;
beforeAll(async () => {
  // The library's own binding for `ws` listens for `connection` on a server of that package: here the route emits it.
  const connections = Object.assign(new EventEmitter(), { options: {}, clients: new Set(), close: () => {} });
  useServer({ schema }, connections as unknown as Parameters<typeof useServer>[1]);
  server = await serveApp((app) => {
    app.ws('/graphql', { protocols: ['graphql-transport-ws'] }, (socket, request) => {
      connections.emit('connection', socket, request);
    });
  });
  client = createClient({ url: `${server.url}/graphql`, webSocketImpl: WsClient, lazy: false });
});
afterAll(async () => {
  await client.dispose();
  await server.stop();
});

async function resultsOf(query: string): Promise<unknown[]> {
  const results: unknown[] = [];
  for await (const result of client.iterate({ query })) results.push(result);
  return results;
}

test('graphql-ws answers a query over app.ws', async () => {
  expect(await resultsOf('{ hello }')).toEqual([{ data: { hello: 'grüße' } }]);
});

test('graphql-ws delivers every value of a subscription, in order, and its end', async () => {
  const values = await resultsOf('subscription { count(limit: 20) }');
  expect(values).toEqual(Array.from({ length: 20 }, (_, index) => ({ data: { count: index + 1 } })));
});

test('graphql-ws tells errors, and the connection lives on', async () => {
  expect(await resultsOf('{ broken }')).toMatchObject([{ errors: [{ message: 'on purpose' }] }]);
  await expect(resultsOf('{ nothing }')).rejects.toMatchObject([
    { message: expect.stringContaining('nothing') as string },
  ]);
  expect(await resultsOf('{ hello }')).toHaveLength(1);
});

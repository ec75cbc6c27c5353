import type * as GraphQL from 'graphql';
import { createClient, type Client } from 'graphql-ws';
import { useServer } from 'graphql-ws/use/ws';
import { createRequire } from 'node:module';
import { connect } from '@turnout/core';
import { createWebSocketServer } from '@turnout/express';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket as WsClient } from 'ws';
import { serveApp, type AppServer } from './app-server.ts';

// With require(), as graphql-ws itself loads it: the package has separate instances for import and require().
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
let graphql: ReturnType<typeof useServer>;
beforeAll(async () => {
  // The library's own binding for `ws` needs a server of that package.
  const connections = createWebSocketServer();
  graphql = useServer({ schema }, connections as never);
  server = await serveApp((app) => {
    app.ws('/graphql', { protocols: connections.protocols }, connections.handler);
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

test('graphql-ws reports errors, and the connection stays open', async () => {
  expect(await resultsOf('{ broken }')).toMatchObject([{ errors: [{ message: 'on purpose' }] }]);
  await expect(resultsOf('{ nothing }')).rejects.toMatchObject([
    { message: expect.stringContaining('nothing') as string },
  ]);
  expect(await resultsOf('{ hello }')).toHaveLength(1);
});

test('graphql-ws chooses its subprotocol, and closes all its sockets on disposal', async () => {
  const socket = await connect(`${server.url}/graphql`, { protocols: ['other', 'graphql-transport-ws'] });
  expect(socket.protocol).toBe('graphql-transport-ws');
  await Promise.all([graphql.dispose(), client.dispose()]);
  expect(await socket.closed).toMatchObject({ code: 1001, reason: 'Going away' });
});

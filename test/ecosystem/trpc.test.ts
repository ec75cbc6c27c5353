import { createTRPCClient, createWSClient, wsLink } from '@trpc/client';
import { initTRPC } from '@trpc/server';
import { applyWSSHandler } from '@trpc/server/adapters/ws';
import { createWebSocketServer } from '@turnout/express';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket as WsClient } from 'ws';
import { serveApp } from './app-server.ts';

interface Context {
  readonly name: string;
}

const trpc = initTRPC.context<Context>().create();
const router = trpc.router({
  greet: trpc.procedure.query(({ ctx }) => `Hello ${ctx.name}`),
  parts: trpc.procedure.subscription(async function* parts() {
    for (let index = 0; index < 60; index++) {
      await Promise.resolve();
      yield `${index} ${'x'.repeat(100_000)}`;
    }
  }),
});

async function serveTrpc(): Promise<{
  client: ReturnType<typeof createTRPCClient<typeof router>>;
  handler: ReturnType<typeof applyWSSHandler>;
  events: string[];
}> {
  const connections = createWebSocketServer();
  const handler = applyWSSHandler({
    wss: connections as never,
    router,
    createContext: ({ req }) => ({ name: new URL(req.url!, 'ws://localhost').searchParams.get('name')! }),
  });
  const server = await serveApp(
    (app) => void app.ws('/trpc', { protocols: connections.protocols }, connections.handler),
  );
  const events: string[] = [];
  const link = createWSClient({
    url: `${server.url}/trpc?name=Ann`,
    WebSocket: WsClient as never,
    onOpen: () => events.push('open'),
    onClose: () => events.push('close'),
    retryDelayMs: () => 10,
  });
  onTestFinished(async () => {
    await link.close();
    await server.stop();
  });
  return { client: createTRPCClient<typeof router>({ links: [wsLink({ client: link })] }), handler, events };
}

test('tRPC answers a query with a context created from the upgrade', async () => {
  const { client } = await serveTrpc();
  expect(await client.greet.query()).toBe('Hello Ann');
});

test('tRPC delivers all 60 values of 100 KB that a subscription yields at once, over one connection', async () => {
  const { client, events } = await serveTrpc();
  const received: number[] = [];
  await new Promise<void>((resolve, reject) => {
    client.parts.subscribe(undefined, {
      onData: (part) => received.push(Number.parseInt(part, 10)),
      onComplete: resolve,
      onError: reject,
    });
  });
  expect(received).toEqual(Array.from({ length: 60 }, (_, index) => index));
  expect(events).toEqual(['open']);
});

test('tRPC can make its clients reconnect, through its set of clients', async () => {
  const { client, handler, events } = await serveTrpc();
  expect(await client.greet.query()).toBe('Hello Ann');
  handler.broadcastReconnectNotification();
  await expect.poll(() => events.filter((event) => event === 'open').length).toBe(2);
  expect(await client.greet.query()).toBe('Hello Ann');
});

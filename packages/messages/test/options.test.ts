import { createServer } from 'node:http';
import { createRouter } from '@turnout/router';
import { connectTo } from '@turnout/testing';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { asyncApiDocument, defineMessages, typedClient, type TypedSocket } from '../src/index.ts';

test.each<[object, string]>([
  [{ recieves: {} }, 'Unknown option recieves: did you mean receives?'],
  [{ onInvalid: 'ignore' }, "Invalid option onInvalid: expected 'answer' or 'close', got 'ignore'"],
  [{ maxInFlight: '10' }, 'Invalid option maxInFlight: expected a number, got string'],
  [{ asks: 'confirm' }, 'Invalid option asks: expected an object, got string'],
])('defineMessages() refuses %o', (definition, message) => {
  expect(() => defineMessages(definition)).toThrow(new TypeError(message));
});

test('serve() and ask() reject unknown options, and times that no timer accepts', async () => {
  const asks = { confirm: { request: z.string(), reply: z.boolean() } };
  const contract = defineMessages({ asks });
  let typed: TypedSocket<{ asks: typeof asks }> | undefined;
  const failures: unknown[] = [];
  const router = createRouter({ onError: (error) => failures.push(error) });
  router.ws('/', (socket) => contract.serve(socket, (given) => (typed = given)));
  router.ws('/wrong', (socket) => contract.serve(socket, () => {}, { comands: () => true } as object));
  const server = createServer();
  router.attach(server);
  const client = await connectTo(server, '/');
  await expect.poll(() => typed).toBeDefined();
  const ask = (options: object): Promise<unknown> => typed?.ask('confirm', 'Sure?', options) ?? Promise.resolve();
  await expect(ask({ timeout: 2 ** 31 })).rejects.toThrow('Invalid option timeout: expected a whole number of 1 to');
  await expect(ask({ timeout: NaN })).rejects.toThrow(RangeError);
  await expect(ask({ timeOut: 5 })).rejects.toThrow('Unknown option timeOut: did you mean timeout?');
  client.close();
  const wrong = await connectTo(server, '/wrong');
  await wrong.expectClose(1011);
  expect(failures).toMatchObject([{ message: 'Unknown option comands: did you mean commands?' }]);
});

test('typedClient() and asyncApiDocument() reject unknown options', () => {
  const client = { status: 'open', send: () => 'sent' as const, addEventListener: () => {} };
  expect(() => typedClient(client, defineMessages({}), { onEror: () => {} } as object)).toThrow(
    'did you mean onError?',
  );
  const document = { title: 'Voting', version: '1.0.0', channels: {}, chanels: {} };
  expect(() => asyncApiDocument(document)).toThrow('Unknown option chanels: did you mean channels?');
  expect(() => asyncApiDocument({ title: 7 } as never)).toThrow('Invalid option title: expected a string, got number');
});

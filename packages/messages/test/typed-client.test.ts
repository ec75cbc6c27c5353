import { expect, test, vi } from 'vitest';
import { z } from 'zod';
import { defineMessages, typedClient } from '../src/index.ts';

const chat = defineMessages({
  sends: { said: z.object({ text: z.string() }) },
  asks: { confirm: { request: z.string(), reply: z.boolean() } },
});

/** A client whose server sends what the test chooses. */
class SaidClient extends EventTarget {
  readonly status = 'open';
  readonly sent: unknown[] = [];

  send(data: string): 'sent' {
    this.sent.push(JSON.parse(data));
    return 'sent';
  }

  receive(data: unknown): void {
    this.dispatchEvent(new MessageEvent('message', { data }));
  }
}

test.each<[string, unknown]>([
  ['text', 'hello'],
  ['JSON of the application', '{"title":"Hello"}'],
  ['bytes', new ArrayBuffer(1)],
  ['a type of a newer server', '{"type":"newer","data":1}'],
  ['a type that every object has', '{"type":"toString","data":1}'],
  ['a message that nothing listens to', '{"type":"said","data":{"text":"hello"}}'],
])('%s is left alone', async (_name, data) => {
  const client = new SaidClient();
  const onError = vi.fn<(error: unknown) => void>();
  typedClient(client, chat, { onError });
  client.receive(data);
  await new Promise(setImmediate);
  expect([client.sent, onError.mock.calls]).toEqual([[], []]);
});

test.each<[string, object, string]>([
  ['has no function', { type: 'confirm', data: 'really?', id: 1 }, 'Nothing answers confirm'],
  ['is not defined', { type: 'other', data: null, id: 1 }, 'Nothing answers other'],
])('a question that %s is told to the server and to the page', async (_name, question, message) => {
  const client = new SaidClient();
  const onError = vi.fn<(error: unknown) => void>();
  typedClient(client, defineMessages({ ...chat.definition }), { onError });
  client.receive(JSON.stringify(question));
  await expect.poll(() => client.sent).toEqual([{ id: 1, error: { message } }]);
  await expect.poll(() => onError.mock.calls).toEqual([[new TypeError(message)]]);
});

test('a question of a definition without any gets an error reply', async () => {
  const client = new SaidClient();
  typedClient(client, defineMessages({}), { onError: () => {} });
  client.receive('{"type":"confirm","data":"really?","id":"a"}');
  await expect.poll(() => client.sent).toEqual([{ id: 'a', error: { message: 'Nothing answers confirm' } }]);
});

test('a function that throws something other than an Error sends it as text', async () => {
  const client = new SaidClient();
  const onError = vi.fn<(error: unknown) => void>();
  typedClient(client, chat, { onError }).answer('confirm', () => {
    // oxlint-disable-next-line typescript/only-throw-error -- as a page may
    throw 'no idea';
  });
  client.receive('{"type":"confirm","data":"really?","id":1}');
  await expect.poll(() => client.sent).toEqual([{ id: 1, error: { message: 'no idea' } }]);
  await expect.poll(() => onError.mock.calls).toEqual([['no idea']]);
});

test.each<[unknown, object]>([
  [null, { message: 'The server refused undefined: undefined', path: '' }],
  [
    { type: 'say', message: 'Too long', path: 'data.text' },
    { message: 'The server refused say: Too long', path: 'data.text' },
  ],
])('what the server found wrong is told: %o', async (data, expected) => {
  const client = new SaidClient();
  const onError = vi.fn<(error: unknown) => void>();
  typedClient(client, chat, { onError });
  client.receive(JSON.stringify({ type: 'error', data }));
  await expect.poll(() => onError.mock.calls).toEqual([[expect.objectContaining(expected)]]);
});

import { deepStrictEqual as deepEqual } from 'node:assert';
import specs from '@asyncapi/specs';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { WebSocket } from '@turnout/core';
import { type } from 'arktype';
import { Ajv } from 'ajv';
import * as v from 'valibot';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import { asyncApiDocument, defineMessages, type AskError, type InvalidMessage } from '../src/index.ts';
import { open } from './open.ts';

const libraries = {
  zod: {
    vote: z.object({ option: z.string(), weight: z.number().default(1) }),
    tally: z.object({ total: z.number() }),
  },
  valibot: {
    vote: v.object({ option: v.string(), weight: v.optional(v.number(), 1) }),
    tally: v.object({ total: v.number() }),
  },
  arktype: { vote: type({ option: 'string', weight: 'number = 1' }), tally: type({ total: 'number' }) },
};

describe.each(Object.entries(libraries))('messages with the schemas of %s', (_name, { vote, tally }) => {
  const voting = defineMessages({
    receives: { vote: vote as StandardSchemaV1<unknown, { option: string; weight: number }> },
    sends: { tally: tally as StandardSchemaV1<{ total: number }> },
  });

  test('are parsed, checked and completed on their way in, and checked on their way out', async () => {
    const { client, errors } = await open(voting, (socket) => {
      socket.on('vote', ({ option, weight }) => {
        if (option === 'wrong') socket.send('tally', { total: 'many' as never });
        else socket.send('tally', { total: weight });
      });
    });
    client.send({ type: 'vote', data: { option: 'a' } });
    await client.expect({ type: 'tally', data: { total: 1 } });
    client.send({ type: 'vote', data: { option: 'wrong' } });
    await client.expectClose(1011);
    expect(errors).toMatchObject([{ name: 'InvalidMessage', path: 'data.total' }]);
  });

  test('that do not match are answered with the invalid field', async () => {
    const { client } = await open(voting, (socket) => void socket.on('vote', () => expect.unreachable('a vote')));
    client.send({ type: 'vote', data: { option: 7 } });
    const { type: kind, data } = JSON.parse(String(await client.next())) as { type: string; data: object };
    expect(kind).toBe('error');
    expect(data).toMatchObject({
      path: 'data.option',
      type: 'vote',
      message: expect.stringMatching(/string/i) as string,
    });
    client.close();
  });
});

const dialogue = defineMessages({
  receives: {
    slow: v.pipeAsync(
      v.string(),
      v.transformAsync(async (text) => text.toUpperCase()),
    ),
    fast: z.string(),
  },
  sends: { heard: z.string() },
  answers: { load: { request: z.object({ id: z.number() }), reply: z.object({ title: z.string() }) } },
  asks: { confirm: { request: z.string(), reply: z.boolean() } },
});

describe('requests', () => {
  test('of a client are answered, with their id', async () => {
    const { client } = await open(dialogue, (socket) => {
      socket.answer('load', async ({ id }) => ({ title: `Document ${id}` }));
    });
    client.send({ type: 'load', data: { id: 7 }, id: 'a' });
    await client.expect({ id: 'a', data: { title: 'Document 7' } });
    client.send({ type: 'load', data: {}, id: 2 });
    const refused = JSON.parse(String(await client.next())) as object;
    expect(refused).toMatchObject({ id: 2, error: { path: 'data.id' } });
    client.close();
  });

  test('of a client that cannot be answered close with 1011, and are reported', async () => {
    const { client, errors } = await open(dialogue, (socket) => {
      socket.answer('load', async () => Promise.reject(new Error('No database')));
    });
    client.send({ type: 'load', data: { id: 1 }, id: 1 });
    await client.expectClose(1011);
    expect(errors).toMatchObject([{ message: 'No database' }]);
  });

  test('to a client resolve with its reply, while the handler of a message waits', async () => {
    const { client } = await open(dialogue, (socket) => {
      socket.on('fast', async (text) => {
        socket.send('heard', (await socket.ask('confirm', text, { timeout: Infinity })) ? 'yes' : 'no');
      });
    });
    client.send({ type: 'fast', data: 'sure?' });
    await client.expect({ type: 'confirm', data: 'sure?', id: 1 });
    client.send({ id: 1, data: true });
    await client.expect({ type: 'heard', data: 'yes' });
    client.close();
  });

  test('to a client reject if it cannot reply, replies wrongly, too late, or has gone', async () => {
    const results: [code: string, message: string][] = [];
    const { client } = await open(dialogue, (socket) => {
      socket.on('fast', async (timeout) => {
        await socket
          .ask('confirm', '', { timeout: Number(timeout) })
          .catch((error: AskError | InvalidMessage) => results.push([error.code, error.message]));
      });
    });
    const ask = async (timeout: string): Promise<number> => {
      client.send({ type: 'fast', data: timeout });
      return (JSON.parse(String(await client.next())) as { id: number }).id;
    };
    client.send({ id: await ask('1000'), error: { message: 'I will not' } });
    client.send({ id: await ask('1000'), error: null });
    client.send({ id: await ask('1000'), data: 'maybe' });
    const late = await ask('10');
    await expect.poll(() => results.length).toBe(4);
    client.send({ id: late, data: true });
    client.send({ id: late, error: {} });
    await ask('1000');
    client.close();
    await expect.poll(() => results.length).toBe(5);
    expect(results).toEqual([
      ['MSG_ERR_REFUSED', 'The client cannot reply: I will not'],
      ['MSG_ERR_REFUSED', 'The client cannot reply: undefined'],
      ['MSG_ERR_INVALID', expect.stringMatching(/boolean/)],
      ['MSG_ERR_TIMEOUT', 'No reply to confirm within timeout 10 ms'],
      ['MSG_ERR_GONE', 'The client has gone without a reply'],
    ]);
  });
});

test('a function does not wait for a client that has gone', async () => {
  let failure: unknown;
  const { client } = await open(dialogue, async (socket) => {
    await socket.socket.closed;
    failure = await socket.ask('confirm', '', { timeout: Infinity }).catch((error: unknown) => error);
  });
  client.close();
  await expect
    .poll(() => failure)
    .toMatchObject({ name: 'AskError', code: 'MSG_ERR_GONE', message: 'The client has gone without a reply' });
});

describe('the order of messages', () => {
  test('is kept by an asynchronous schema', async () => {
    const { client } = await open(dialogue, (socket) => {
      socket.on('slow', (text) => void socket.send('heard', text));
      socket.on('fast', (text) => void socket.send('heard', text));
    });
    client.send({ type: 'slow', data: 'first' });
    client.send({ type: 'fast', data: 'second' });
    await client.expect({ type: 'heard', data: 'FIRST' });
    await client.expect({ type: 'heard', data: 'second' });
    client.close();
  });

  test('waits for the first function', async () => {
    const { client } = await open(dialogue, async (socket) => {
      await new Promise((resolve) => setTimeout(resolve, 30));
      socket.on('fast', (text) => void socket.send('heard', text));
    });
    client.send({ type: 'fast', data: 'early' });
    await client.expect({ type: 'heard', data: 'early' });
    client.close();
  });
});

const wrong: [string, string | Buffer, object, number, string][] = [
  ['no JSON', '{', { message: 'Expected JSON', path: '', type: null }, 1007, 'Invalid message: Expected JSON'],
  ['no object', '[]', { message: 'Expected an object with "type" and "data"', path: '', type: null }, 1008, ''],
  ['null', 'null', { message: 'Expected an object with "type" and "data"', path: '', type: null }, 1008, ''],
  [
    'no type',
    '{"data":1}',
    { message: 'Expected a string', path: 'type', type: null },
    1008,
    'Invalid message type: Expected a string',
  ],
  [
    'an invalid id',
    '{"type":"fast","id":{}}',
    { message: 'Expected a number or a string', path: 'id', type: null },
    1008,
    '',
  ],
  ['an unknown type', '{"type":"x"}', { message: 'Unknown type "x"', path: 'type', type: 'x' }, 1008, ''],
  [
    'a type of Object',
    '{"type":"constructor"}',
    { message: 'Unknown type "constructor"', path: 'type', type: 'constructor' },
    1008,
    '',
  ],
  ['bytes', Buffer.from([1]), { message: 'Expected JSON text, got a binary message', path: '', type: null }, 1008, ''],
];

describe.each(wrong)('a message that is %s', (...row) => {
  const [, message, told, code, reason] = row;

  test('is answered', async () => {
    const { client } = await open(dialogue, (socket) => void socket.on('fast', () => {}));
    client.send(message);
    await client.expect({ type: 'error', data: told });
    client.close();
  });

  test('closes the socket if the definition says so', async () => {
    const strict = defineMessages({ ...dialogue.definition, onInvalid: 'close' });
    const { client } = await open(strict, (socket) => void socket.on('fast', () => {}));
    client.send(message);
    await client.expectClose(code, reason === '' ? undefined : reason);
  });
});

test('a reason that is too long is cut', async () => {
  const strict = defineMessages({
    receives: { long: z.string().refine(() => false, `€${'é'.repeat(100)}`) },
    onInvalid: 'close',
  });
  const { client } = await open(strict, (socket) => void socket.on('long', () => {}));
  client.send({ type: 'long', data: 'x' });
  const { reason } = await client.expectClose(1008);
  expect(reason).toMatch(/^Invalid message long data: €é+$/);
  expect(Buffer.byteLength(reason)).toBeGreaterThan(120);
});

describe('mistakes of the application', () => {
  test('throw a TypeError', async () => {
    const asynchronous = defineMessages({
      sends: {
        slow: v.pipeAsync(
          v.string(),
          v.checkAsync(async () => false),
        ),
      },
    });
    const { client, errors } = await open(dialogue, (socket) => {
      expect(() => socket.on('nothing' as never, () => {})).toThrow('Invalid type nothing: it is not in receives');
      expect(() => socket.send('nothing' as never, '' as never)).toThrow('it is not in sends');
      socket.on('fast', () => {});
      expect(() => socket.on('fast', () => {})).toThrow('Invalid type fast: it already has a function');
    });
    client.close();
    await client.expectClose(1005);
    expect(errors).toEqual([]);
    const other = await open(asynchronous, (socket) => {
      expect(() => socket.send('slow', '')).toThrow('expected one that checks at once');
    });
    other.client.close();
  });

  test('in a function close with 1011, and are reported', async () => {
    const { client, errors } = await open(dialogue, (socket) => {
      socket.on('fast', async () => Promise.reject(new Error('Rejected')));
    });
    client.send({ type: 'fast', data: '' });
    await client.expectClose(1011);
    expect(errors).toMatchObject([{ message: 'Rejected' }]);
    const other = await open(dialogue, (socket) => {
      socket.on('fast', () => {
        throw new Error('Thrown');
      });
    });
    other.client.send({ type: 'fast', data: '' });
    await other.client.expectClose(1011);
    expect(other.errors).toMatchObject([{ message: 'Thrown' }]);
  });
});

test('types follow from the schemas', () => {
  void ((raw: WebSocket) =>
    dialogue.serve(raw, (socket) => {
      socket.on('fast', (text) => expectTypeOf(text).toEqualTypeOf<string>());
      socket.answer('load', ({ id }) => {
        expectTypeOf(id).toEqualTypeOf<number>();
        return { title: '' };
      });
      expectTypeOf(socket.ask('confirm', '')).resolves.toEqualTypeOf<boolean>();
      // @ts-expect-error: the data is a string
      expect(() => socket.send('heard', 7)).toThrow('string');
      // @ts-expect-error: the type does not exist
      expect(() => socket.send('nothing', '')).toThrow('it is not in sends');
    }));
});

/** Validates against the JSON Schema that AsyncAPI publishes. */
const asyncApi3: object = specs.schemas['3.0.0'];

function expectAsyncApi3(document: object): void {
  const ajv = new Ajv({ strict: false, meta: false, validateSchema: false, validateFormats: false });
  const isValid = ajv.validate(asyncApi3, document);
  deepEqual([isValid, ajv.errors], [true, null]);
  deepEqual(ajv.validate(asyncApi3, { ...document, operations: [] }), false);
}

describe('the AsyncAPI document', () => {
  test('describes the paths, the messages and the replies', () => {
    const rooms = defineMessages({
      receives: { say: z.object({ text: z.string() }) },
      answers: { load: { request: z.number(), reply: z.string() } },
    });
    const document = asyncApiDocument({ title: 'Chat', version: '1.0.0', channels: { '/rooms/:room': rooms } });
    expect(document).toMatchSnapshot();
    expectAsyncApi3(document);
    expect(asyncApiDocument({ title: '', version: '', channels: { '/': defineMessages({}) } })).toMatchObject({
      channels: { root: { address: '/', messages: {} } },
      operations: {},
    });
  });

  test('uses the option if the library provides no JSON Schema', () => {
    const channels = { '/': defineMessages({ sends: { x: v.string() } }) };
    expect(() => asyncApiDocument({ title: '', version: '', channels })).toThrow(
      'Missing option toJsonSchema: valibot gives no JSON Schema of its own',
    );
    const document = asyncApiDocument({ title: '', version: '', channels, toJsonSchema: () => ({ type: 'string' }) });
    expect(JSON.stringify(document)).toContain('"data":{"type":"string"}');
  });
});

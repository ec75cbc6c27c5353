import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createClient, type Client, type ClientOptions, type WebSocketClass } from '@turnout/client';
import { createRouter } from '@turnout/router';
import { createHub, type Admit } from '@turnout/topics';
import { WebSocket as WsWebSocket } from 'ws';
import { describe, expect, expectTypeOf, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { AskError, defineMessages, typedClient, type TypedClient, type TypedSocket } from '../src/index.ts';

const WebSocket = WsWebSocket as unknown as WebSocketClass;

const chat = defineMessages({
  receives: { say: z.object({ text: z.string() }) },
  sends: { said: z.object({ text: z.string(), at: z.coerce.date() }) },
  answers: {
    count: { request: z.object({ room: z.string() }), reply: z.number() },
    wait: { request: z.null(), reply: z.null() },
  },
  asks: { confirm: { request: z.string(), reply: z.boolean() } },
});
type Chat = typeof chat.definition;

class ChatServer {
  readonly hub = createHub();
  readonly voters: TypedSocket<Chat>[] = [];
  readonly errors: unknown[] = [];
  admit: Admit = (name) => this.hub.topic(name, { history: true });
  setUp: (voter: TypedSocket<Chat>) => void = () => {};
  readonly #server: Server = createServer();
  readonly #router = createRouter({ onError: (error) => this.errors.push(error) });

  async start(): Promise<this> {
    this.#router.ws('/', (socket) =>
      chat.serve(
        socket,
        (voter) => {
          this.voters.push(voter);
          voter.on('say', ({ text }) => voter.send('said', { text, at: '2026-01-02T03:04:05Z' }));
          voter.answer('count', ({ room }) => room.length);
          this.setUp(voter);
        },
        { commands: this.hub.commands(socket, (name) => this.admit(name)) },
      ),
    );
    this.#router.attach(this.#server);
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    onTestFinished(async () => {
      await this.#router.close({ timeout: 0 });
      await this.hub.close();
      this.#server.close();
    });
    return this;
  }

  connect(options: ClientOptions = {}): { client: Client; typed: TypedClient<Chat>; errors: unknown[] } {
    const { port } = this.#server.address() as AddressInfo;
    const client = createClient(`ws://127.0.0.1:${port}/`, {
      WebSocket,
      minReconnectDelay: 10,
      maxReconnectDelay: 50,
      ...options,
    });
    onTestFinished(() => client.close());
    const errors: unknown[] = [];
    return { client, typed: typedClient(client, chat, { onError: (error) => errors.push(error) }), errors };
  }
}

describe('messages and topics', () => {
  test('share one socket, on both ends', async () => {
    const server = await new ChatServer().start();
    const { client, typed, errors } = server.connect();
    const told: unknown[] = [];
    client.subscribe('news', { onMessage: (data) => told.push(data), onSubscribed: () => told.push('subscribed') });
    typed.on('said', (said) => {
      expectTypeOf(said).toEqualTypeOf<{ text: string; at: Date }>();
      told.push(said);
    });
    expect(typed.send('say', { text: 'hi' })).toBe('queued');
    await expect.poll(() => told).toContainEqual({ text: 'hi', at: new Date('2026-01-02T03:04:05Z') });
    await expect.poll(() => told).toContain('subscribed');
    await server.hub.topic('news', { history: true }).publish('{"type":"said","data":7}');
    await expect.poll(() => told).toContainEqual({ type: 'said', data: 7 });
    expect(await typed.ask('count', { room: 'lobby' })).toBe(5);
    expect([errors, server.errors, client.status]).toEqual([[], [], 'open']);
  });

  test('can ask each other while a topic is being authorized', async () => {
    const server = await new ChatServer().start();
    server.admit = async (name) =>
      (await server.voters[0]!.ask('confirm', `Have ${name}?`))
        ? server.hub.topic(name, { envelope: true })
        : undefined;
    const { client, typed } = server.connect();
    const asked: string[] = [];
    typed.answer('confirm', (question) => asked.push(question) === 1);
    const told: string[] = [];
    for (const name of ['one', 'two']) {
      client.subscribe(name, {
        onMessage: () => {},
        onSubscribed: () => told.push(`has ${name}`),
        onRefused: () => told.push(`has not ${name}`),
      });
    }
    await expect.poll(() => told.toSorted()).toEqual(['has not two', 'has one']);
    expect(asked).toEqual(['Have one?', 'Have two?']);
  });

  test('are distinguished from anything else', async () => {
    const server = await new ChatServer().start();
    const { client, typed, errors } = server.connect();
    client.send('{"subscribe":5}');
    client.send('no JSON');
    typed.client.send(JSON.stringify({ type: 'say', data: {} }));
    await expect.poll(() => errors.length).toBe(3);
    expect(errors).toMatchObject([{ name: 'InvalidMessage' }, { name: 'InvalidMessage' }, { path: 'data.text' }]);
    expect([client.status, server.errors]).toEqual(['open', []]);
  });

  test('close with 1011 when authorizing a topic fails', async () => {
    const server = await new ChatServer().start();
    server.admit = () => Promise.reject(new Error('No database'));
    const { client } = server.connect({ finalCodes: [1011] });
    client.subscribe('news', { onMessage: () => {} });
    await expect.poll(() => client.status).toBe('closed');
    expect(server.errors).toEqual([new Error('No database')]);
  });
});

describe('a typed client', () => {
  test('learns why a question got no reply', async () => {
    const server = await new ChatServer().start();
    server.setUp = (voter) => voter.answer('wait', () => new Promise<null>(() => {}));
    const { client, typed } = server.connect();
    await expect(typed.ask('wait', null, { timeout: 50 })).rejects.toThrow('No reply to wait within timeout 50 ms');
    const lost = typed.ask('wait', null);
    server.voters[0]!.socket.terminate();
    await expect(lost).rejects.toThrow(AskError);
    await expect(lost).rejects.toThrow('The server has gone without a reply');
    const closed = typed.ask('wait', null);
    client.close();
    await expect(closed).rejects.toThrow(AskError);
    await expect(typed.ask('wait', null)).rejects.toThrow('Cannot ask for wait');
  });

  test('waits for a connection before it asks', async () => {
    const server = await new ChatServer().start();
    const { client, typed } = server.connect();
    await expect.poll(() => client.status).toBe('open');
    const lost = new Promise((resolve) => client.addEventListener('statuschange', resolve, { once: true }));
    await expect.poll(() => server.voters.length).toBe(1);
    server.voters[0]!.socket.terminate();
    await lost;
    expect(client.status).toBe('waiting');
    expect(await typed.ask('count', { room: 'four' })).toBe(4);
  });

  test('reports failures at both ends', async () => {
    const server = await new ChatServer().start();
    const replies: string[] = [];
    server.setUp = (voter) => {
      for (const question of ['throw', 'lie', 'true']) {
        voter.ask('confirm', question).then(
          (reply) => replies.push(`${question}: ${reply}`),
          (error: Error) => replies.push(`${question}: ${error.message}`),
        );
      }
    };
    const { typed, errors } = server.connect();
    typed.answer('confirm', (question) => {
      if (question === 'throw') throw new Error('A fault of the page');
      return question === 'lie' ? ('yes' as unknown as boolean) : true;
    });
    await expect.poll(() => replies.length).toBe(3);
    expect(replies.toSorted()[1]).toBe('throw: The client cannot reply: A fault of the page');
    expect(replies).toContain('true: true');
    expect(errors).toHaveLength(2);
  });

  test('ignores unknown types, and reports data that does not match', async () => {
    const server = await new ChatServer().start();
    const { client, typed, errors } = server.connect();
    typed.on('said', () => expect.unreachable('data that does not fit'));
    await expect.poll(() => client.status).toBe('open');
    await expect.poll(() => server.voters.length).toBe(1);
    server.voters[0]!.socket.send('{"type":"newer","data":1}');
    server.voters[0]!.socket.send('{"type":"said","data":{"text":7}}');
    await expect.poll(() => errors).toMatchObject([{ name: 'InvalidMessage', path: 'data.text' }]);
  });

  test('rejects types that are undefined or already have a function', async () => {
    const server = await new ChatServer().start();
    const { typed } = server.connect();
    expect(() => typed.on('other' as 'said', () => {})).toThrow('Invalid type other');
    typed.on('said', () => {});
    expect(() => typed.on('said', () => {})).toThrow('Invalid type said: it already has a function');
    expect(() => typed.send('say', { text: 7 } as never)).toThrow(/string/i);
  });
});

import { connect, type WebSocket } from '@turnout/core';
import { startExample, type RunningExample, type StartOptions } from '@turnout/example-host/testing';
import type { Position, TopicMessage } from '@turnout/topics';
import { createChatApp } from '../src/chat-app.ts';
import { embeddedStorage } from '../src/storage.ts';
import type { Line } from '../src/history.ts';
import type { Person } from '../src/person.ts';

export interface StartChatOptions extends StartOptions {
  readonly farewellDelay?: number;
}

export function startChat({ farewellDelay = 0, ...options }: StartChatOptions = {}): Promise<RunningExample> {
  return startExample((dataDir) => createChatApp({ storage: embeddedStorage(dataDir), farewellDelay }), options);
}

/** Signs in and returns the session's cookie. */
export async function signIn(url: string, name: string): Promise<string> {
  const response = await fetch(`${url}/login`, {
    method: 'POST',
    body: new URLSearchParams({ name }),
    redirect: 'manual',
  });
  const [cookie] = response.headers.getSetCookie();
  if (response.status !== 303 || !cookie) throw new Error(`Cannot sign in: status ${response.status}`);
  return cookie.split(';')[0]!;
}

/** The messages on a topic of the room. */
type RoomMessage =
  | { readonly type: 'line'; readonly data: Line }
  | { readonly type: 'notice'; readonly data: { readonly text: string; readonly at: number } };

type ServerMessage =
  | RoomMessage
  | { readonly type: 'welcome'; readonly data: { readonly you: Person; readonly room: string } }
  | { readonly type: 'subscribed'; readonly data: { readonly recovered: boolean; readonly epoch?: string } }
  /** Everybody who is currently present. */
  | { readonly type: 'people'; readonly data: readonly Person[] }
  | { readonly type: 'typing'; readonly data: Person }
  | { readonly type: 'later'; readonly data: { readonly key: string; readonly reason: string } }
  | { readonly type: 'refused'; readonly data: { readonly key: string; readonly reason: string } }
  | { readonly type: 'error'; readonly data: { readonly reason: string } };

type DataOf<Type extends ServerMessage['type']> = Extract<ServerMessage, { type: Type }>['data'];

export interface JoinOptions {
  readonly room?: string;
  readonly since?: Position | 'oldest' | undefined;
}

/** A client of the chat, without a page. */
export class Chatter {
  readonly socket: WebSocket;
  /** The types of all messages so far. */
  readonly seen: string[] = [];
  /** The person, as identified by the server. */
  you: Person | undefined;
  /** Whether everything that was missed follows. */
  recovered = false;
  /** The position of the room's last message. */
  position: Position | undefined;
  readonly #people = new Map<string, Person>();

  private constructor(socket: WebSocket) {
    this.socket = socket;
  }

  static async join(url: string, cookie: string, { room = 'lobby', since }: JoinOptions = {}): Promise<Chatter> {
    const path = `${url}/chat/${encodeURIComponent(room)}`;
    const socket = await connect(path, { headers: { Cookie: cookie } });
    socket.send(JSON.stringify({ subscribe: `typing ${room}` }));
    socket.send(JSON.stringify({ subscribe: `room ${room}`, since }));
    const chatter = new Chatter(socket);
    chatter.you = (await chatter.next('welcome')).you;
    await chatter.next('subscribed');
    chatter.recovered = (await chatter.next('subscribed')).recovered;
    return chatter;
  }

  say(text: string, key?: string): void {
    this.socket.send(JSON.stringify({ type: 'say', text, key }));
  }

  /** The next message of a type; the others are skipped. */
  async next<Type extends ServerMessage['type']>(type: Type): Promise<DataOf<Type>> {
    for (;;) {
      const message = await this.socket.receive();
      if (message === null) throw new Error(`Closed before a message of type ${type}`);
      const { type: actual, data } = this.#read(JSON.parse(String(message)) as ServerMessage | TopicMessage);
      this.seen.push(actual);
      if (actual === type) return data as DataOf<Type>;
    }
  }

  async untilNotice(text: string): Promise<void> {
    while ((await this.next('notice')).text !== text);
  }

  /** Resolves once exactly these people are present. */
  async untilPeople(...names: string[]): Promise<void> {
    while ((await this.next('people')).map(({ name }) => name).join() !== names.join());
  }

  /** The texts of the next `count` lines. */
  async texts(count: number): Promise<string[]> {
    const texts: string[] = [];
    while (texts.length < count) texts.push((await this.next('line')).text);
    return texts;
  }

  #read(message: ServerMessage | TopicMessage): ServerMessage {
    if ('type' in message) return message;
    if ('data' in message) return this.#readTopic(message);
    if ('subscribed' in message) {
      const { epoch, offset, recovered } = message.subscribed;
      if (epoch !== undefined) this.position = { epoch, offset: offset! };
      return { type: 'subscribed', data: { recovered } };
    }
    if ('epoch' in message && this.position !== undefined) this.position = { ...this.position, epoch: message.epoch };
    if ('people' in message) for (const person of message.people) this.#add(person);
    else if ('joined' in message || 'left' in message) {
      for (const person of message.joined ?? []) this.#add(person);
      for (const id of message.left ?? []) this.#people.delete(id);
    }
    return { type: 'people', data: [...this.#people.values()] };
  }

  #readTopic({ topic, data, offset }: { topic: string; data: unknown; offset?: number }): ServerMessage {
    if (topic.startsWith('typing')) return { type: 'typing', data: data as Person };
    this.position = { ...this.position!, offset: offset! };
    return data as RoomMessage;
  }

  #add({ id, details }: { readonly id: string; readonly details?: unknown }): void {
    this.#people.set(id, { id, name: String(details) });
  }
}

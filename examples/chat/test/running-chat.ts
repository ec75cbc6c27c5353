import { connect, type ConnectOptions, type WebSocket } from '@turnout/core';
import { startExample, type RunningExample, type StartOptions } from '@turnout/example-host/testing';
import { createChatApp } from '../src/chat-app.ts';
import type { Line } from '../src/history.ts';
import type { Person } from '../src/person.ts';

export interface StartChatOptions extends StartOptions {
  readonly farewellDelay?: number;
}

export function startChat({ farewellDelay = 0, ...options }: StartChatOptions = {}): Promise<RunningExample> {
  return startExample((dataDir) => createChatApp({ dataDir, farewellDelay }), options);
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

type ServerMessage =
  | { readonly type: 'welcome'; readonly data: { readonly you: Person; readonly room: string } }
  | { readonly type: 'restart'; readonly data?: undefined }
  | { readonly type: 'lines'; readonly data: readonly Line[] }
  | { readonly type: 'notice'; readonly data: { readonly text: string; readonly at: number } }
  | { readonly type: 'people'; readonly data: readonly Person[] }
  | { readonly type: 'typing'; readonly data: Person }
  | { readonly type: 'refused'; readonly data: { readonly key: string; readonly reason: string } }
  | { readonly type: 'error'; readonly data: { readonly reason: string } };

type DataOf<Type extends ServerMessage['type']> = Extract<ServerMessage, { type: Type }>['data'];

/** A client of the chat, without a page. */
export class Chatter {
  readonly socket: WebSocket;
  /** The types of all messages so far. */
  readonly seen: string[] = [];

  private constructor(socket: WebSocket) {
    this.socket = socket;
  }

  /** @param path a room, with `?after=` where wanted */
  static async join(url: string, cookie: string, path = 'lobby', options: ConnectOptions = {}): Promise<Chatter> {
    return new Chatter(await connect(`${url}/chat/${path}`, { ...options, headers: { Cookie: cookie } }));
  }

  say(text: string, key?: string): void {
    this.socket.send(JSON.stringify({ type: 'say', text, key }));
  }

  /** The next message of a type; the others are skipped. */
  async next<Type extends ServerMessage['type']>(type: Type): Promise<DataOf<Type>> {
    for (;;) {
      const message = await this.socket.receive();
      if (message === null) throw new Error(`Closed before a message of type ${type}`);
      const { type: actual, data } = JSON.parse(String(message)) as ServerMessage;
      this.seen.push(actual);
      if (actual === type) return data as DataOf<Type>;
    }
  }

  /** The texts of the next so many lines. */
  async texts(count: number): Promise<string[]> {
    const texts: string[] = [];
    while (texts.length < count) texts.push(...(await this.next('lines')).map(({ text }) => text));
    return texts;
  }
}

import { setTimeout as delay } from 'node:timers/promises';
import { createClient, type Client } from '@turnout/client';
import { WebSocket } from 'ws';
import type { Line } from '../src/history.ts';

interface RoomMessage {
  readonly type: string;
  readonly data: Line & { readonly key: string };
}

/** A person with the page of a room open, including what the page does to show each line once. */
export class Talker {
  /** The keys of the lines that the page shows, by their ids. */
  readonly shown = new Map<number, string>();
  /** Lines that the server has confirmed, by key. */
  readonly acknowledged = new Set<string>();
  /** Ids that arrived with two keys: two lines were mistaken for one. */
  readonly confused: number[] = [];
  readonly #unconfirmed = new Set<string>();
  readonly #client: Client;
  readonly #path: (path: string) => string;
  readonly #cookie: string;

  /** @param urls of the nodes: each attempt uses the next one */
  constructor(urls: readonly string[], cookie: string, room: string) {
    let turn = 0;
    this.#cookie = cookie;
    this.#path = (path) => `${urls[turn % urls.length]!}/chat/${room}${path}`;
    class SignedIn extends WebSocket {
      constructor(url: string) {
        super(url, { headers: { Cookie: cookie } });
      }
    }
    const address = (): string => {
      turn++;
      return this.#path('').replace('http', 'ws');
    };
    this.#client = createClient(address, {
      WebSocket: SignedIn as never,
      minReconnectDelay: 50,
      maxReconnectDelay: 500,
    });
    this.#client.onmessage = ({ data }) => this.#receive(JSON.parse(String(data)) as RoomMessage);
    let hasBegun = false;
    this.#client.subscribe<RoomMessage>(`room ${room}`, {
      onMessage: (message) => this.#receive(message),
      onSubscribed: () => {
        if (!hasBegun) void this.#fetchLines();
        hasBegun = true;
      },
      onGap: () => void this.#fetchLines(),
    });
  }

  get missing(): number {
    return this.#unconfirmed.size;
  }

  say(key: string): void {
    this.#unconfirmed.add(key);
    this.#send(key);
  }

  stop(): void {
    this.#client.close();
  }

  #receive({ type, data }: RoomMessage): void {
    if (type === 'welcome') for (const key of this.#unconfirmed) this.#send(key);
    if (type === 'later') void delay(100).then(() => this.#unconfirmed.has(data.key) && this.#send(data.key));
    if (type === 'line') this.#show(data);
  }

  #show({ id, key }: Line): void {
    const known = this.shown.get(id);
    if (known !== undefined && known !== key) this.confused.push(id);
    this.shown.set(id, key);
    if (this.#unconfirmed.delete(key)) this.acknowledged.add(key);
  }

  #send(key: string): void {
    if (this.#client.status === 'open') this.#client.send(JSON.stringify({ type: 'say', text: key, key }));
  }

  async #fetchLines(after = Math.max(0, ...this.shown.keys())): Promise<void> {
    const response = await fetch(this.#path(`/lines?after=${after}`), { headers: { Cookie: this.#cookie } }).catch(
      () => undefined,
    );
    if (response?.ok !== true) return void delay(100).then(() => this.#fetchLines(after));
    const { lines } = (await response.json()) as { lines: Line[] };
    for (const line of lines) this.#show(line);
  }
}

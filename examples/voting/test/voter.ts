import { setTimeout as delay } from 'node:timers/promises';
import type { WebSocket } from '@turnout/core';
import type { Candidate } from '../src/candidates.ts';

export interface VoteMessage {
  readonly type: string;
  readonly data: {
    readonly key?: string;
    readonly user_id?: string;
    readonly count?: number;
    readonly candidates?: readonly Candidate[];
  };
}

/** A voter that behaves like the page: it shows received counts, and sends unconfirmed votes again. */
export class Voter {
  /** Votes that the server says it has counted: the candidate's id, by the vote's key. */
  readonly acknowledged = new Map<string, string>();
  /** The counts that the page shows. They only rise. */
  readonly shown = new Map<string, number>();
  readonly #unconfirmed = new Map<string, string>();
  readonly #open: () => Promise<WebSocket>;
  #socket: WebSocket | undefined;
  #isDone = false;

  constructor(open: () => Promise<WebSocket>) {
    this.#open = open;
  }

  get missing(): number {
    return this.#unconfirmed.size;
  }

  /** Whether the page lets its reader vote. */
  get isOpen(): boolean {
    return this.#socket?.readyState === 1;
  }

  async start(): Promise<void> {
    const socket = await this.#open();
    this.#socket = socket;
    socket.on('message', (bytes) => this.#onMessage(JSON.parse(String(bytes)) as VoteMessage));
    for (const [key, vote] of this.#unconfirmed) this.#send(key, vote);
    void socket.closed.then(() => this.#comeBack());
  }

  vote(key: string, id: string): void {
    this.#unconfirmed.set(key, id);
    this.#send(key, id);
  }

  stop(): void {
    this.#isDone = true;
    this.#socket?.terminate();
  }

  async #comeBack(): Promise<void> {
    while (!this.#isDone) {
      const isBack = await this.start().then(
        () => true,
        () => false,
      );
      if (isBack) return;
      await delay(50);
    }
  }

  #onMessage({ type, data }: VoteMessage): void {
    const { key, user_id: id, count, candidates = [] } = data ?? {};
    if (type === 'snapshot') for (const candidate of candidates) this.#show(candidate.id, candidate.count);
    if (type === 'vote') this.#show(id!, count!);
    if (type === 'error' && key !== undefined) setTimeout(() => this.#resend(key), 100);
    if (type !== 'counted') return;
    this.acknowledged.set(key!, id!);
    this.#unconfirmed.delete(key!);
  }

  #show(id: string, count: number): void {
    this.shown.set(id, Math.max(count, this.shown.get(id) ?? 0));
  }

  #resend(key: string): void {
    const vote = this.#unconfirmed.get(key);
    if (vote !== undefined) this.#send(key, vote);
  }

  #send(key: string, vote: string): void {
    this.#socket?.send(JSON.stringify({ vote, key }));
  }
}

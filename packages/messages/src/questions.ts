import { milliseconds, type OptionsFor, type Resolved } from '@turnout/core/options';
import { AskError } from './ask-error.ts';
import { check, checkNow } from './check.ts';
import type { Dialogue } from './definition.ts';
import type { Reply } from './envelope.ts';

export interface AskOptions {
  /** How long to wait for the reply, in ms: 1 to 2,147,483,647, or `Infinity` for no limit. Default 10,000. */
  readonly timeout?: number;
}

export const askOptions = {
  timeout: milliseconds({ default: 10_000, min: 1, infinity: true }),
} satisfies OptionsFor<AskOptions>;

interface Question {
  isSent: boolean;
  readonly resolve: (reply: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** A question and how to send it: `send` returns false if the question waits for a connection. */
export interface Asking extends Resolved<typeof askOptions> {
  readonly type: string;
  readonly request: unknown;
  readonly send: (message: object) => boolean;
}

/** Questions to the peer that wait for their replies. */
export class Questions {
  readonly #peer: 'client' | 'server';
  readonly #open = new Map<string | number, Question>();
  #last = 0;

  constructor(peer: 'client' | 'server') {
    this.#peer = peer;
  }

  get size(): number {
    return this.#open.size;
  }

  /**
   * Resolves with the reply. Rejects with an {@link AskError} if no reply arrives in time, and with an `InvalidMessage`
   * if the request or the reply does not match.
   */
  async ask(dialogue: Dialogue, { type, request, send, timeout }: Asking): Promise<unknown> {
    const id = ++this.#last;
    const replied = new Promise<unknown>((resolve, reject) => {
      this.#open.set(id, { isSent: false, resolve, reject });
    });
    const expire = (): void => {
      this.#open.get(id)?.reject(new AskError('MSG_ERR_TIMEOUT', `No reply to ${type} within timeout ${timeout} ms`));
    };
    const timer = timeout === Infinity ? undefined : setTimeout(expire, timeout);
    try {
      const isSent = send({ type, data: checkNow(dialogue.request, request), id });
      const question = this.#open.get(id);
      if (question) question.isSent = isSent;
      return await check(dialogue.reply, await replied);
    } finally {
      clearTimeout(timer);
      this.#open.delete(id);
    }
  }

  /** Ignores a reply that comes too late. */
  onReply({ id, data, error }: Reply): void {
    const question = this.#open.get(id);
    if (error === undefined) return question?.resolve(data);
    const { message } = (error ?? {}) as { readonly message?: unknown };
    return question?.reject(new AskError('MSG_ERR_REFUSED', `The ${this.#peer} cannot reply: ${String(message)}`));
  }

  /** Questions that waited for a connection have been sent. */
  onSent(): void {
    for (const question of this.#open.values()) question.isSent = true;
  }

  /** Questions that were sent will get no reply. */
  onLost(): void {
    for (const { isSent, reject } of this.#open.values()) if (isSent) reject(this.#gone());
  }

  /** No question will get a reply. */
  onEnd(): void {
    for (const { reject } of this.#open.values()) reject(this.#gone());
  }

  #gone(): AskError {
    return new AskError('MSG_ERR_GONE', `The ${this.#peer} has gone without a reply`);
  }
}

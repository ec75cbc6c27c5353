import { AssertionError, deepStrictEqual } from 'node:assert';
import { inspect } from 'node:util';
import type { CloseInfo, WebSocket } from '@turnout/core';
import { milliseconds, resolveOptions, type OptionsFor } from '@turnout/core/options';
import type { MemorySocket } from './memory-socket.ts';

/** Saved when this module was loaded, so that a test can replace the globals with its own clock. */
const { setTimeout: startTimer, clearTimeout: stopTimer } = globalThis;

/** What a message must be: text, bytes, a pattern of text, or a value as JSON. */
export type Expected = string | Uint8Array | RegExp | object | number | boolean | null;

export interface WaitOptions {
  /** How long to wait, in ms of real time: 0 to 2,147,483,647. Default 1,000. */
  readonly timeout?: number;
}

const waitOptions = { timeout: milliseconds({ default: 1_000 }) } satisfies OptionsFor<WaitOptions>;

/** A client of a route under test. Each `expect…` rejects with an `AssertionError` that says what came instead. */
export class TestClient {
  /** The client's WebSocket, for everything else. */
  readonly socket: WebSocket;
  readonly #connection: MemorySocket;
  readonly #messages: (string | Buffer)[] = [];
  #wake: () => void = () => {};

  constructor(socket: WebSocket, connection: MemorySocket) {
    this.socket = socket;
    this.#connection = connection;
    socket.on('message', (data, isBinary) => {
      this.#messages.push(isBinary ? data : data.toString());
      this.#wake();
    });
    void socket.closed.then(() => this.#wake());
  }

  /** Sends text and bytes unchanged, anything else as JSON. */
  send(message: Expected): void {
    const isPlain = typeof message === 'string' || message instanceof Uint8Array;
    this.socket.send(isPlain ? message : JSON.stringify(message));
  }

  close(code?: number, reason?: string): void {
    this.socket.close(code, reason);
  }

  /** Simulates a reader of this many bytes per second: 0 for none, `Infinity` for no limit. */
  throttle(bytesPerSecond: number): void {
    this.#connection.throttle(bytesPerSecond);
  }

  /** The next message: a `string` for text, a `Buffer` for binary. */
  async next(options?: WaitOptions): Promise<string | Buffer> {
    const { timeout } = resolveOptions(waitOptions, options);
    await this.#until(() => this.#messages.length > 0 || this.#isClosed, timeout);
    const message = this.#messages.shift();
    if (message !== undefined) return message;
    throw new AssertionError({
      message: this.#isClosed ? 'Expected a message, but the socket was closed' : `No message within ${timeout} ms`,
    });
  }

  /** Waits for the next message and compares it. */
  async expect(expected: Expected, options?: WaitOptions): Promise<void> {
    const message = await this.next(options);
    if (expected instanceof RegExp) {
      if (typeof message === 'string' && expected.test(message)) return;
      throw new AssertionError({ message: `Expected text like ${String(expected)}, got ${inspect(message)}` });
    }
    const isJson = typeof message === 'string' && typeof expected !== 'string' && !(expected instanceof Uint8Array);
    deepStrictEqual(isJson ? parse(message) : message, toBuffer(expected));
  }

  /** Asserts that no message arrives for this many ms of real time. Default 50. */
  async expectNothing(duration = 50): Promise<void> {
    await this.#until(() => this.#messages.length > 0, duration);
    if (this.#messages.length === 0) return;
    throw new AssertionError({ message: `Expected no message, got ${inspect(this.#messages[0])}` });
  }

  /** Waits until the socket is closed, and compares the code, and the reason if given. */
  async expectClose(code: number, reason?: string, options?: WaitOptions): Promise<CloseInfo> {
    const { timeout } = resolveOptions(waitOptions, options);
    await this.#until(() => this.#isClosed, timeout);
    if (!this.#isClosed) throw new AssertionError({ message: `Not closed within ${timeout} ms` });
    const info = await this.socket.closed;
    const { code: gotCode, reason: gotReason } = info;
    deepStrictEqual([gotCode, reason === undefined ? undefined : gotReason], [code, reason]);
    return info;
  }

  get #isClosed(): boolean {
    return this.socket.readyState === this.socket.CLOSED;
  }

  async #until(condition: () => boolean, timeout: number): Promise<void> {
    let isOver = false;
    const timer = startTimer(() => {
      isOver = true;
      this.#wake();
    }, timeout);
    while (!condition() && !isOver) await new Promise<void>((resolve) => (this.#wake = resolve));
    stopTimer(timer);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new AssertionError({ message: `Expected JSON, got ${inspect(text)}` });
  }
}

function toBuffer(expected: Exclude<Expected, RegExp>): unknown {
  return expected instanceof Uint8Array ? Buffer.from(expected) : expected;
}

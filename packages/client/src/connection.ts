import { toUrl } from './address.ts';
import type { Address, ClosedEvent, FailedEvent, Sendable, WebSocketLike } from './client-options.ts';
import { steps, type ClientState, type Phase, type Signal } from './machine.ts';
import { isOffline, watchPage } from './page-events.ts';
import { isFinal, reconnectDelay, sessionEnded } from './reconnect-delay.ts';
import { isSessionOver } from './session-check.ts';
import { longest, type Settings } from './settings.ts';
import { tell } from './tell.ts';

const pong = /^\s*\{\s*"pong"\s*:\s*true\s*\}\s*$/;

/** Does what the steps of the machine mean, and tells of it. One attempt at a time, one socket, one timer. */
export abstract class Connection extends EventTarget {
  onopen: ((event: Event) => void) | null = null;
  onmessage: ((event: MessageEvent) => void) | null = null;
  onerror: ((event: FailedEvent) => void) | null = null;
  onclose: ((event: ClosedEvent) => void) | null = null;
  onstatechange: ((event: Event) => void) | null = null;
  onsessionended: ((event: Event) => void) | null = null;
  /** As of `WebSocket`; set before the connection opens. */
  binaryType: 'blob' | 'arraybuffer' = 'blob';
  readonly #address: Address;
  readonly #settings: Settings;
  readonly #stopWatching: () => void;
  #phase: Phase = 'waiting';
  #state: ClientState = 'connecting';
  /** Aborted when its phase is left: nobody waits any more for what that has begun. */
  #stay = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #url = '';
  #socket: WebSocketLike | undefined;
  #pings = 0;
  #failures = 0;
  /** How the last connection has ended, or how it is to end. */
  #end = { code: 1006, reason: '' };

  constructor(address: Address, settings: Settings) {
    super();
    this.#address = address;
    this.#settings = settings;
    if (typeof address !== 'function') this.#url = toUrl(address);
    this.#stopWatching = watchPage(
      () => this.#on('offline'),
      () => this.#on('woke'),
    );
  }

  /** The address of the last attempt; `''` before a function has given one. */
  get url(): string {
    return this.#url;
  }

  get state(): ClientState {
    return this.#state;
  }

  /** As of `WebSocket`: `CONNECTING` (0) whenever it is about to reconnect. */
  get readyState(): 0 | 1 | 3 {
    if (this.#state === 'open') return 1;
    return this.#state === 'closed' ? 3 : 0;
  }

  get protocol(): string {
    return this.#socket?.protocol ?? '';
  }

  /** Bytes that the connection has not sent yet, without what is queued. */
  get bufferedAmount(): number {
    return this.#socket?.bufferedAmount ?? 0;
  }

  /** Ends it for good. Code and reason as of `close()` of a WebSocket, which throws on others. */
  close(code = 1000, reason = ''): void {
    this.#socket?.close(code, reason);
    this.#finish(code, reason);
  }

  /** Begins the first attempt. */
  protected start(): void {
    this.#on('woke');
  }

  /** @returns whether the connection has taken it */
  protected transmit(data: Sendable): boolean {
    if (!this.#isOpen || this.#socket?.readyState !== 1) return false;
    this.#socket.send(data);
    return true;
  }

  /** There is a connection: what waits is sent, before the application is told. */
  protected abstract resume(): void;

  /** There is none any more. */
  protected abstract pause(): void;

  /** @returns whether it was no message of the application */
  protected abstract take(data: unknown): boolean;

  /** Whether the server is one that answers pings. */
  protected abstract isPinged(): boolean;

  get #isOpen(): boolean {
    return steps[this.#phase].state === 'open';
  }

  #on(signal: Signal): void {
    const last = this.#phase;
    const next = steps[last].on[signal];
    if (next) {
      this.#phase = next;
      this.#limit(steps[next].limit);
      if (next !== last) this.#enter(next, last);
    }
    this.#tellState();
  }

  #limit(limit: (typeof steps)[Phase]['limit']): void {
    clearTimeout(this.#timer);
    if (!limit) return;
    const settings = this.#settings;
    const ms = limit === 'delay' ? reconnectDelay(this.#end.code, ++this.#failures, settings) : settings[limit];
    this.#timer = setTimeout(
      () => {
        if (limit !== 'connectTimeout') this.#on('failed');
        else this.#fail(new Error(`${this.#phase} took longer than connectTimeout, ${ms} ms`));
      },
      Math.min(ms, longest),
    );
  }

  /** What a phase begins with. A signal of its own comes last in it. */
  #enter(phase: Phase, last: Phase): void {
    this.#stay.abort();
    this.#stay = new AbortController();
    switch (phase) {
      case 'addressing':
        return this.#findAddress();
      case 'connecting':
        return this.#wait(() => this.#connect());
      case 'authenticating':
        return this.#authenticate();
      case 'open':
        return last === 'authenticating' ? this.#open() : undefined;
      case 'asked':
      case 'probed':
        return this.#ping();
      case 'closing':
      case 'replacing':
        return this.#socket?.close();
      case 'checking':
        return this.#checkSession();
      case 'waiting':
        this.#socket = undefined;
        return undefined;
      case 'closed':
        this.#socket = undefined;
        return this.#stopWatching();
    }
  }

  /** Does something as long as its phase lasts. What it throws is told. */
  #wait<Value>(work: () => Value | Promise<Value>, then?: (value: Value) => void): void {
    const { signal } = this.#stay;
    new Promise<Value>((resolve) => resolve(work()))
      .then((value) => signal.aborted || then?.(value))
      .catch((error: unknown) => signal.aborted || this.#fail(error));
  }

  #fail(error: unknown): void {
    this.#emit('error', { error });
    this.#on('failed');
  }

  #findAddress(): void {
    this.#socket = undefined;
    this.#end = { code: 1006, reason: '' };
    const address = this.#address;
    if (typeof address !== 'function') return this.#on('done');
    return this.#wait(address, (given) => {
      this.#url = toUrl(given);
      this.#on('done');
    });
  }

  #connect(): void {
    const { WebSocket, protocols } = this.#settings;
    const socket = new WebSocket(this.#url, protocols);
    this.#socket = socket;
    this.#pings = 0;
    const on = <Type extends Event>(type: string, listener: (event: Type) => void): void =>
      socket.addEventListener(type, (event: Type) => {
        if (socket === this.#socket) listener(event);
      });
    on('open', () => {
      socket.binaryType = this.binaryType;
      this.#on('done');
    });
    on('message', (event: MessageEvent) => this.#onMessage(event.data));
    on('close', ({ code, reason }: ClosedEvent) => this.#onClose(code, reason));
    // It is followed by `close`; that of `ws` is thrown where nobody listens.
    on('error', () => {});
  }

  #authenticate(): void {
    const { authenticate } = this.#settings;
    const socket = this.#socket;
    if (!authenticate || !socket) return this.#on('done');
    return this.#wait(
      () => authenticate(socket),
      () => this.#on('done'),
    );
  }

  #open(): void {
    this.#failures = 0;
    this.resume();
  }

  #ping(): void {
    if (!this.isPinged()) return this.#on('ponged');
    this.#pings++;
    return this.#socket?.send('{"ping":true}');
  }

  #onMessage(data: unknown): void {
    if (!this.#isOpen && this.#phase !== 'authenticating') return undefined;
    if (this.#pings > 0 && pong.test(String(data))) {
      this.#pings--;
      return this.#on('ponged');
    }
    this.#on('heard');
    if (!this.take(data)) this.#dispatch(new MessageEvent('message', { data }));
    return undefined;
  }

  #onClose(code: number, reason: string): void {
    // What answers our own close says nothing about whether to reconnect.
    if (/closing|replacing/.test(this.#phase)) return this.#on('lost');
    this.#end = { code, reason };
    if (code === sessionEnded) return this.#endSession();
    return this.#on(isFinal(code, this.#settings.finalCodes) ? 'ended' : 'lost');
  }

  #checkSession(): void {
    const { sessionUrl } = this.#settings;
    if (!sessionUrl) return this.#on('done');
    return this.#wait(
      () => isSessionOver(sessionUrl, this.#stay.signal),
      (isOver) => (isOver ? this.#endSession() : this.#on('done')),
    );
  }

  #endSession(): void {
    this.#emit('sessionended');
    this.#on('ended');
  }

  #finish(code: number, reason: string): void {
    if (this.#state === 'closed') return;
    this.#end = { code, reason };
    this.#on('ended');
  }

  #tellState(): void {
    let { state } = steps[this.#phase];
    if (state === 'waiting' && isOffline()) state = 'offline';
    if (state === this.#state) return;
    this.#state = state;
    if (state !== 'open') this.pause();
    this.#emit('statechange');
    if (state === 'closed') this.#emit('close', { ...this.#end, wasClean: this.#end.code !== 1006 });
    if (state === 'open' && this.#state === state) this.#emit('open');
  }

  #emit(type: string, details?: object): void {
    this.#dispatch(Object.assign(new Event(type), details));
  }

  #dispatch(event: Event): void {
    tell(() => this[`on${event.type}` as 'onopen']?.(event));
    this.dispatchEvent(event);
  }
}

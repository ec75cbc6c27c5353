import { steps, type ClientStatus, type Phase, type Signal } from './machine.ts';
import { toUrl } from './address.ts';
import { tell } from './tell.ts';
import { isSessionOver } from './session-check.ts';
import { page, watchPage } from './page-events.ts';
import { reconnectDelay } from './reconnect-delay.ts';
import { isFinal, sessionEnded } from './close-codes.ts';
import type { Address, ClosedEvent, FailedEvent, Sendable, WebSocketLike } from './client-options.ts';
import { longest, type Settings } from './settings.ts';

/** The end of a connection that was lost without a Close frame. */
const lost = { code: 1006, reason: '' };

/** Performs the steps of the machine and emits the events. One attempt at a time, one socket, one timer. */
export abstract class Connection extends EventTarget {
  declare onopen?: ((event: Event) => void) | null;
  declare onmessage?: ((event: MessageEvent) => void) | null;
  declare onerror?: ((event: FailedEvent) => void) | null;
  declare onclose?: ((event: ClosedEvent) => void) | null;
  declare onstatuschange?: ((event: Event) => void) | null;
  declare onsessionended?: ((event: Event) => void) | null;
  /** As for `WebSocket`; set it before the connection opens. */
  binaryType: 'blob' | 'arraybuffer' = 'blob';
  readonly #address: Exclude<Address, string | URL> | undefined;
  readonly #settings: Settings;
  readonly #stopWatching: () => void;
  #phase: Phase = 'waiting';
  #status: ClientStatus = 'connecting';
  /** Aborted when the phase ends: results of what the phase has started are then ignored. */
  #stay = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #url = '';
  #socket: WebSocketLike | undefined;
  #failures = 0;
  /** How the last connection ended, or how this one is to end. */
  #end = lost;

  /** What entering a phase does. If it signals, it does so last. */
  readonly #begin: Readonly<Partial<Record<Phase, () => unknown>>> = {
    addressing: () => {
      this.#socket = undefined;
      this.#end = lost;
      return this.#wait(this.#address, (given) => {
        this.#url = toUrl(given);
        this.#on('done');
      });
    },
    connecting: () =>
      this.#wait(
        () => this.#connect(),
        () => {},
      ),
    authenticating: () => {
      const { authenticate } = this.#settings;
      const socket = this.#socket;
      return this.#wait(authenticate && socket && (() => authenticate(socket)));
    },
    asked: () => (this.isPinged() ? this.sendNow('{"ping":true}') : this.#on('ponged')),
    closing: () => this.#socket?.close(),
    checking: () => {
      const { sessionUrl } = this.#settings;
      return this.#wait(sessionUrl && (() => isSessionOver(sessionUrl, this.#stay.signal)), (isOver) => {
        if (isOver) this.#emit('sessionended');
        this.#on(isOver ? 'ended' : 'done');
      });
    },
    waiting: () => {
      this.#socket = undefined;
    },
    closed: () => {
      this.#socket = undefined;
      this.#stopWatching();
    },
  };

  constructor(address: Address, settings: Settings) {
    super();
    this.#settings = settings;
    if (typeof address === 'function') this.#address = address;
    else this.#url = toUrl(address);
    this.#stopWatching = watchPage((what) => this.#on(what));
  }

  /** The address of the last attempt; `''` until the function has returned one. */
  get url(): string {
    return this.#url;
  }

  get status(): ClientStatus {
    return this.#status;
  }

  /** As for `WebSocket`; `CONNECTING` (0) while it is going to reconnect. */
  get readyState(): 0 | 1 | 3 {
    if (this.#status === 'open') return 1;
    return this.#status === 'closed' ? 3 : 0;
  }

  get protocol(): string {
    return this.#socket?.protocol ?? '';
  }

  /** Unsent bytes of the connection, without the queue. */
  get bufferedAmount(): number {
    return this.#socket?.bufferedAmount ?? 0;
  }

  /** Closes the client permanently. Code and reason as for `close()` of a WebSocket, which throws on invalid ones. */
  close(code = 1000, reason = ''): void {
    this.#socket?.close(code, reason);
    this.#on('ended', { code, reason });
  }

  /** Starts the first attempt. */
  protected start(): void {
    this.#on('woke');
  }

  /** @returns whether it was passed to the connection */
  protected sendNow(data: Sendable): boolean {
    const socket = this.#socket;
    const isOpen = steps[this.#phase].status === 'open' && socket?.readyState === 1;
    if (isOpen) socket.send(data);
    return isOpen;
  }

  /** Connected: sends what waits, before the application is told. */
  protected abstract resume(): void;

  /** No longer connected. */
  protected abstract pause(): void;

  /** @returns false if it is a message of the application */
  protected abstract take(text: string): boolean;

  /** Whether the server answers pings. */
  protected abstract isPinged(): boolean;

  get #isGivenUp(): boolean {
    return steps[this.#phase].limit === 'closeTimeout';
  }

  #on(signal: Signal, end = this.#end): void {
    const last = this.#phase;
    const next = signal === 'ended' ? 'closed' : steps[last][signal];
    if (next) {
      this.#phase = next;
      this.#end = end;
      this.#limit();
      if (next !== last) {
        this.#stay.abort();
        this.#stay = new AbortController();
        this.#begin[next]?.();
      }
    }
    this.#tellStatus();
  }

  #limit(): void {
    const { limit = 'handshakeTimeout' } = steps[this.#phase];
    clearTimeout(this.#timer);
    if (this.#phase === 'closed') return;
    const settings = this.#settings;
    const ms = limit === 'delay' ? reconnectDelay(this.#end.code, ++this.#failures, settings) : settings[limit];
    this.#timer = setTimeout(
      () => {
        if (limit !== 'handshakeTimeout') this.#on('failed');
        else this.#fail(new Error(`${this.#phase} exceeded ${limit}, ${ms} ms`));
      },
      Math.min(ms, longest),
    );
  }

  /**
   * Runs the work of a phase; without any, the phase is done at once. Errors are emitted, unless the phase has ended.
   */
  async #wait<Value>(
    work: (() => Value | Promise<Value>) | '' | undefined,
    then: (value: Value) => void = () => this.#on('done'),
  ): Promise<void> {
    if (!work) return this.#on('done');
    const { signal } = this.#stay;
    try {
      const value = await work();
      if (!signal.aborted) then(value);
    } catch (error) {
      // A synchronous error is emitted only after the application could add listeners.
      queueMicrotask(() => {
        if (!signal.aborted) this.#fail(error);
      });
    }
  }

  #fail(error: unknown): void {
    this.#emit('error', { error });
    this.#on('failed');
  }

  #connect(): void {
    const { WebSocket, protocols } = this.#settings;
    const socket = new WebSocket(this.#url, protocols);
    this.#socket = socket;
    const on = <Type extends Event>(type: string, listener: (event: Type) => void): void =>
      socket.addEventListener(type, (event: Type) => {
        if (socket === this.#socket) listener(event);
      });
    on('open', () => {
      socket.binaryType = this.binaryType;
      this.#on('done');
    });
    on('message', (event: MessageEvent) => this.#onMessage(event.data));
    on('close', (event: ClosedEvent) => this.#onClose(event));
    // `close` follows it; without a listener, `ws` would throw it.
    on('error', () => {});
  }

  #onMessage(data: unknown): void {
    const text = String(data);
    if (this.#isGivenUp) return;
    if (this.#phase === 'asked' && text.replace(/\s/g, '') === '{"pong":true}') this.#on('ponged');
    else {
      this.#on('heard');
      if (!this.take(text)) this.#emit('message', { data });
    }
  }

  #onClose({ code, reason }: ClosedEvent): void {
    // The answer to our own Close frame says nothing about whether to reconnect.
    if (this.#isGivenUp) this.#on('lost');
    else {
      if (code === sessionEnded) this.#emit('sessionended');
      this.#on(isFinal(code, this.#settings.finalCodes) ? 'ended' : 'lost', { code, reason });
    }
  }

  #tellStatus(): void {
    let { status = 'connecting' } = steps[this.#phase];
    if (status === 'waiting' && page.navigator?.onLine === false) status = 'offline';
    if (status === this.#status) return;
    this.#status = status;
    if (status === 'open') {
      this.#failures = 0;
      this.resume();
    } else this.pause();
    this.#emit('statuschange');
    if (status === 'closed') this.#emit('close', { ...this.#end, wasClean: this.#end.code !== 1006 });
    if (this.#status === 'open') this.#emit('open');
  }

  #emit(type: string, details?: object): void {
    const event = type === 'message' ? new MessageEvent(type, details) : Object.assign(new Event(type), details);
    tell(() => this[`on${type}` as 'onopen']?.(event));
    this.dispatchEvent(event);
  }
}

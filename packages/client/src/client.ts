import { browser } from './browser.ts';
import type { ClientOptions, ClosedEvent, Sendable, WebSocketLike } from './client-options.ts';
import { isFinal, reconnectDelay } from './reconnect-delay.ts';
import { Subscription, type SubscribeOptions, type TopicHandlers, type TopicMessage } from './subscription.ts';

/** Where to connect to. */
export type Address = string | URL | (() => string | URL);

/** `waiting`: for the next attempt to connect. `offline`: for the network. `closed`: for good. */
export type ClientState = 'connecting' | 'open' | 'waiting' | 'offline' | 'closed';

/** What became of a message: `queued` until there is a connection, or `dropped`, as the queue is full or the client closed. */
export type SendResult = 'sent' | 'queued' | 'dropped';

/**
 * Makes a client, which begins to connect.
 *
 * @param url as of `WebSocket`; relative to the page, too; or a function that gives it each time
 */
export function createClient(url: Address, options: ClientOptions = {}): Client {
  return new Client(url, options);
}

/**
 * A WebSocket that comes back. Emits `open` whenever it is connected, `message`, `statechange`, `sessionended`, and `close`
 * once, when it does not come back any more.
 */
export class Client extends EventTarget {
  readonly #address: Address;
  onopen: ((event: Event) => void) | null = null;
  onmessage: ((event: MessageEvent) => void) | null = null;
  onclose: ((event: ClosedEvent) => void) | null = null;
  onstatechange: ((event: Event) => void) | null = null;
  onsessionended: ((event: Event) => void) | null = null;
  binaryType: 'blob' | 'arraybuffer' = 'blob';
  readonly #options: ClientOptions;
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #queue: Sendable[] = [];
  readonly #listening = new AbortController();
  #state: ClientState = 'connecting';
  #socket: WebSocketLike | undefined;
  #failures = 0;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #silenceTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(address: Address, options: ClientOptions) {
    super();
    this.#address = address;
    this.#options = options;
    this.#listen();
    this.#connect();
  }

  get url(): string {
    const address = typeof this.#address === 'function' ? this.#address() : this.#address;
    return new URL(address, browser.location?.href).href.replace(/^http/, 'ws');
  }

  get state(): ClientState {
    return this.#state;
  }

  /** As of `WebSocket`: `CONNECTING` (0) whenever it is about to come back. */
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

  /** Sends a message, or keeps it until there is a connection. One that was `sent` as a connection broke may be lost. */
  send(data: Sendable): SendResult {
    if (this.#state === 'open') {
      this.#socket!.send(data);
      return 'sent';
    }
    if (this.#state === 'closed' || this.#queue.length >= (this.#options.maxQueued ?? 100)) return 'dropped';
    this.#queue.push(data);
    return 'queued';
  }

  /** Ends it for good. */
  close(code = 1000, reason = ''): void {
    const socket = this.#socket;
    this.#finish(code, reason);
    socket?.close(code, reason);
  }

  /**
   * Subscribes to a topic, on this connection and all that follow; of a topic with history nothing is missed in between.
   * One subscription a topic.
   *
   * @returns ends it, and gives the position of the last message, with which another page can go on
   */
  subscribe<Data = unknown>(
    topic: string,
    handlers: TopicHandlers<Data>,
    { since }: SubscribeOptions = {},
  ): { readonly position: Subscription['position']; unsubscribe(): void } {
    const subscription = new Subscription(handlers as TopicHandlers, since);
    this.#subscriptions.set(topic, subscription);
    if (this.#state === 'open') this.#ask(topic, subscription);
    return {
      get position() {
        return subscription.position;
      },
      unsubscribe: () => {
        if (this.#subscriptions.get(topic) !== subscription) return;
        this.#subscriptions.delete(topic);
        if (this.#state === 'open') this.#socket!.send(JSON.stringify({ unsubscribe: topic }));
      },
    };
  }

  #connect(): void {
    this.#setState('connecting');
    const { WebSocket = globalThis.WebSocket as unknown as ClientOptions['WebSocket'], protocols } = this.#options;
    const socket = new WebSocket!(this.url, protocols);
    this.#socket = socket;
    socket.binaryType = this.binaryType;
    const on = <Type extends Event>(type: string, listener: (event: Type) => void): void =>
      socket.addEventListener(type, (event: Type) => {
        if (socket === this.#socket) listener(event);
      });
    on('open', () => this.#onOpen());
    on('message', (event: MessageEvent) => this.#onMessage(event.data));
    on('close', ({ code, reason }: ClosedEvent) => void this.#onClose(code, reason));
    this.#silenceTimer = setTimeout(() => this.#drop(), this.#options.connectTimeout ?? 10_000);
    // It is followed by `close`; that of `ws` is thrown where nobody listens.
    on('error', () => {});
  }

  #onOpen(): void {
    this.#failures = 0;
    this.#setState('open');
    for (const [topic, subscription] of this.#subscriptions) this.#ask(topic, subscription);
    for (const data of this.#queue.splice(0)) this.#socket!.send(data);
    this.#watch();
    this.#emit(new Event('open'));
  }

  #onMessage(data: unknown): void {
    this.#watch();
    if (!this.#takeTopicMessage(data)) this.#emit(new MessageEvent('message', { data }));
  }

  /** @returns whether it is of a topic that is subscribed to, or the answer to a question of ours */
  #takeTopicMessage(data: unknown): boolean {
    if (this.#subscriptions.size === 0 || typeof data !== 'string' || !/^\{"(?:topic|pong)":/.test(data)) return false;
    const message = JSON.parse(data) as TopicMessage;
    this.#subscriptions.get(message.topic)?.take(message);
    return true;
  }

  async #onClose(code: number, reason: string): Promise<void> {
    const wasOpen = this.#state === 'open';
    this.#socket = undefined;
    clearTimeout(this.#silenceTimer);
    if (code === 3000 || (!wasOpen && (await this.#isSessionOver()))) return this.#endSession(code, reason);
    if (isFinal(code)) return this.#finish(code, reason);
    if (this.#state !== 'closed') this.#retryLater(code);
    return undefined;
  }

  #endSession(code: number, reason: string): void {
    if (this.#state === 'closed') return;
    this.#emit(new Event('sessionended'));
    this.#finish(code, reason);
  }

  async #isSessionOver(): Promise<boolean> {
    const { sessionUrl } = this.#options;
    if (sessionUrl === undefined) return false;
    try {
      const { status, type } = await fetch(sessionUrl, { redirect: 'manual', cache: 'no-store' } as object);
      return status === 401 || status === 403 || type === 'opaqueredirect' || (status >= 300 && status < 400);
    } catch {
      // The server is away.
      return false;
    }
  }

  #retryLater(code: number): void {
    this.#failures++;
    if (browser.navigator?.onLine === false) return this.#setState('offline');
    const { minDelay = 500, maxDelay = 30_000 } = this.#options;
    this.#setState('waiting');
    const delay = reconnectDelay(code, this.#failures, { minDelay, maxDelay });
    this.#retryTimer = setTimeout(() => this.#connect(), delay);
    return undefined;
  }

  /** Browsers know of the network, and of who looks at the page, what no socket does. */
  #listen(): void {
    const { signal } = this.#listening;
    const { document } = browser;
    browser.addEventListener?.('offline', () => this.#drop(), { signal });
    browser.addEventListener?.('online', () => this.#hurry(), { signal });
    document?.addEventListener?.('visibilitychange', () => document.hidden || this.#hurry(), { signal });
  }

  /** Gives the connection up without waiting for the other side. */
  #drop(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    clearTimeout(this.#silenceTimer);
    clearTimeout(this.#retryTimer);
    this.#retryLater(1006);
    socket?.close();
  }

  #hurry(): void {
    if (this.#state !== 'waiting' && this.#state !== 'offline') return;
    clearTimeout(this.#retryTimer);
    this.#connect();
  }

  /** Something has come: the next question is due when nothing has for `idleTimeout`. */
  #watch(): void {
    clearTimeout(this.#silenceTimer);
    const { idleTimeout = 30_000, pongTimeout = 10_000 } = this.#options;
    if (idleTimeout === Infinity || this.#subscriptions.size === 0) return;
    this.#silenceTimer = setTimeout(() => {
      this.#socket!.send('{"ping":true}');
      this.#silenceTimer = setTimeout(() => this.#drop(), pongTimeout);
    }, idleTimeout);
  }

  #ask(topic: string, { since }: Subscription): void {
    this.#socket!.send(JSON.stringify({ subscribe: topic, since }));
    this.#watch();
  }

  #finish(code: number, reason: string): void {
    if (this.#state === 'closed') return;
    this.#socket = undefined;
    this.#listening.abort();
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#silenceTimer);
    this.#queue.length = 0;
    this.#setState('closed');
    this.#emit(Object.assign(new Event('close'), { code, reason, wasClean: code !== 1006 }) as ClosedEvent);
  }

  #setState(state: ClientState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#emit(new Event('statechange'));
  }

  #emit(event: Event): void {
    const handler = this[`on${event.type}` as 'onopen'];
    handler?.call(this, event);
    this.dispatchEvent(event);
  }
}

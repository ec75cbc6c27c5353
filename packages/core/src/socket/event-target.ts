import { captureRejectionSymbol, EventEmitter } from 'node:events';

/** The events of a {@link WebSocket}, with the arguments of the `ws` package's. */
export interface WebSocketEvents {
  open: [];
  /** `data` is a Buffer for text too; with `binaryType` `arraybuffer` or `fragments` a binary one is as that says. */
  message: [data: Buffer, isBinary: boolean];
  close: [code: number, reason: Buffer];
  error: [error: Error];
  ping: [data: Buffer];
  pong: [data: Buffer];
  /** `bufferedAmount` is down to `highWaterMark` after a `send()` that returned `false`. */
  drain: [];
}

/** What a WHATWG listener gets: the part of the DOM's Event that means something on a server. */
export interface SocketEvent<Target> {
  readonly type: string;
  readonly target: Target;
}

export interface SocketMessageEvent<Target> extends SocketEvent<Target> {
  readonly data: string | Buffer | ArrayBuffer | Buffer[];
}

export interface SocketCloseEvent<Target> extends SocketEvent<Target> {
  readonly code: number;
  readonly reason: string;
  readonly wasClean: boolean;
}

export interface SocketErrorEvent<Target> extends SocketEvent<Target> {
  readonly error: Error;
  readonly message: string;
}

export interface SocketEventMap<Target> {
  open: SocketEvent<Target>;
  message: SocketMessageEvent<Target>;
  close: SocketCloseEvent<Target>;
  error: SocketErrorEvent<Target>;
}

export type EmitterListener<Name extends keyof WebSocketEvents> = (...args: WebSocketEvents[Name]) => unknown;

type EventName = keyof SocketEventMap<unknown>;
type Listener<Target, Name extends EventName> = (event: SocketEventMap<Target>[Name]) => unknown;

export type ListenerOrObject<Target, Name extends EventName> =
  | Listener<Target, Name>
  | { handleEvent: Listener<Target, Name> };

interface Registration {
  readonly name: EventName;
  readonly listener: unknown;
  readonly isHandler: boolean;
  readonly emitterListener: (...args: never[]) => unknown;
}

/** Makes the WHATWG event from the arguments of the emitter's. */
const eventFrom: {
  [Name in EventName]: <Target extends EventTargetEmitter>(
    target: Target,
    ...args: WebSocketEvents[Name]
  ) => SocketEventMap<Target>[Name];
} = {
  open: (target) => ({ type: 'open', target }),
  message: (target, data, isBinary) => ({ type: 'message', target, data: isBinary ? data : data.toString() }),
  close: (target, code, reason) => ({
    type: 'close',
    target,
    code,
    reason: reason.toString(),
    wasClean: target.wasClean,
  }),
  error: (target, error) => ({ type: 'error', target, error, message: error.message }),
};

/**
 * An EventEmitter that is a WHATWG EventTarget too (`addEventListener`, `onmessage`…), as the WebSocket of browsers.
 * Listeners of both kinds are called in the order in which they were added.
 */
export abstract class EventTargetEmitter extends EventEmitter<WebSocketEvents> {
  /** There is no list before the first; most sockets have none. */
  #registrations: Registration[] | undefined;

  constructor() {
    super({ captureRejections: true });
  }

  abstract get wasClean(): boolean;

  /** Called after a listener was added, in whichever way. */
  protected abstract onListener(name: string | symbol): void;

  /** Called where the promise that a listener of `name` returned has rejected. */
  protected abstract onListenerRejected(error: unknown, name: string): void;

  override [captureRejectionSymbol](error: Error, name: unknown, ..._args: unknown[]): void {
    this.onListenerRejected(error, String(name));
  }

  override on<Name extends keyof WebSocketEvents>(name: Name, listener: EmitterListener<Name>): this {
    super.on(name, listener as never);
    this.onListener(name);
    return this;
  }

  override addListener<Name extends keyof WebSocketEvents>(name: Name, listener: EmitterListener<Name>): this {
    return this.on(name, listener);
  }

  override prependListener<Name extends keyof WebSocketEvents>(name: Name, listener: EmitterListener<Name>): this {
    super.prependListener(name, listener as never);
    this.onListener(name);
    return this;
  }

  /** As in the DOM: a listener that is there already is not added again. */
  addEventListener<Name extends EventName>(
    name: Name,
    listener: ListenerOrObject<this, Name>,
    options: { readonly once?: boolean } = {},
  ): void {
    if (!this.#find(name, listener)) this.#register(name, listener, { isHandler: false, once: options.once === true });
  }

  removeEventListener<Name extends EventName>(name: Name, listener: ListenerOrObject<this, Name>): void {
    const registration = this.#find(name, listener);
    if (registration) this.#unregister(registration);
  }

  get onopen(): Listener<this, 'open'> | null {
    return this.#handler('open');
  }
  set onopen(listener: Listener<this, 'open'> | null) {
    this.#setHandler('open', listener);
  }

  get onmessage(): Listener<this, 'message'> | null {
    return this.#handler('message');
  }
  set onmessage(listener: Listener<this, 'message'> | null) {
    this.#setHandler('message', listener);
  }

  get onclose(): Listener<this, 'close'> | null {
    return this.#handler('close');
  }
  set onclose(listener: Listener<this, 'close'> | null) {
    this.#setHandler('close', listener);
  }

  get onerror(): Listener<this, 'error'> | null {
    return this.#handler('error');
  }
  set onerror(listener: Listener<this, 'error'> | null) {
    this.#setHandler('error', listener);
  }

  #handler<Name extends EventName>(name: Name): Listener<this, Name> | null {
    const registration = this.#registrations?.find((candidate) => candidate.name === name && candidate.isHandler);
    return (registration?.listener as Listener<this, Name> | undefined) ?? null;
  }

  #setHandler<Name extends EventName>(name: Name, listener: Listener<this, Name> | null): void {
    const previous = this.#registrations?.find((candidate) => candidate.name === name && candidate.isHandler);
    if (previous) this.#unregister(previous);
    if (listener !== null) this.#register(name, listener, { isHandler: true, once: false });
  }

  #find(name: EventName, listener: unknown): Registration | undefined {
    return this.#registrations?.find(
      (candidate) => candidate.name === name && candidate.listener === listener && !candidate.isHandler,
    );
  }

  #register<Name extends EventName>(
    name: Name,
    listener: ListenerOrObject<this, Name>,
    kind: { readonly isHandler: boolean; readonly once: boolean },
  ): void {
    const call = typeof listener === 'function' ? listener : listener.handleEvent.bind(listener);
    const emitterListener = (...args: WebSocketEvents[Name]): unknown => {
      if (kind.once) this.#unregister(registration);
      return call(eventFrom[name](this, ...args));
    };
    const registration: Registration = { name, listener, isHandler: kind.isHandler, emitterListener };
    (this.#registrations ??= []).push(registration);
    this.on(name, emitterListener as (...args: never[]) => unknown as never);
  }

  #unregister(registration: Registration): void {
    this.#registrations = this.#registrations?.filter((candidate) => candidate !== registration);
    this.off(registration.name, registration.emitterListener);
  }
}

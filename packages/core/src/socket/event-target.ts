import { captureRejectionSymbol } from 'node:events';
import { SocketEmitter, type EmitterListener, type WebSocketEvents } from './socket-emitter.ts';

/** What a WHATWG listener receives: the part of the DOM's Event that is meaningful on a server. */
export interface SocketEvent<Target> {
  readonly type: string;
  readonly target: Target;
}

export interface SocketMessageEvent<Target> extends SocketEvent<Target> {
  readonly data: string | Buffer | ArrayBuffer | Buffer[] | Blob;
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

type EventName = keyof SocketEventMap<unknown>;
type Listener<Target, Name extends EventName> = (event: SocketEventMap<Target>[Name]) => unknown;

export type ListenerOrObject<Target, Name extends EventName> =
  | Listener<Target, Name>
  | { handleEvent: Listener<Target, Name> };

/** The origin of a listener: `addEventListener()`, or an `on…` property. */
type ListenerKind = 'added' | 'handler';

const registration = Symbol('registration');

/** The function that the emitter calls for a WHATWG listener. */
interface WrappedListener {
  (...args: never[]): unknown;
  readonly [registration]: { readonly listener: unknown; readonly kind: ListenerKind };
}

/** Makes the WHATWG event from the emitter's arguments. */
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
 * An EventEmitter that is also a WHATWG EventTarget (`addEventListener`, `onmessage`…), like the WebSocket of browsers.
 * Listeners of both kinds are called in the order in which they were added, with the socket as their `this`.
 */
export abstract class EventTargetEmitter extends SocketEmitter {
  constructor() {
    super({ captureRejections: true });
  }

  abstract get wasClean(): boolean;

  /** Called after a listener was added, in any way. */
  protected abstract onListener(name: string | symbol): void;

  /** Called when the promise that a listener of `name` returned rejects. */
  protected abstract onListenerRejected(error: unknown, name: string): void;

  [captureRejectionSymbol](error: Error, name: unknown, ..._args: unknown[]): void {
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

  /**
   * Adds a WHATWG listener of `open`, `message`, `close` or `error`. As in the DOM, a listener is not added twice. Any
   * other name, and a listener that is neither a function nor an object, is ignored.
   */
  addEventListener<Name extends EventName>(
    name: Name,
    listener: ListenerOrObject<this, Name> | null,
    options?: { readonly once?: boolean } | boolean | null,
  ): void {
    const isListener = typeof listener === 'function' || (typeof listener === 'object' && listener !== null);
    if (!isListener || !Object.hasOwn(eventFrom, name) || this.#find(name, 'added', listener)) return;
    const wrapped = this.#wrap(name, 'added', listener);
    if (typeof options === 'object' && options?.once) this.once(name, wrapped as never);
    else this.on(name, wrapped as never);
  }

  removeEventListener<Name extends EventName>(name: Name, listener: ListenerOrObject<this, Name> | null): void {
    const wrapped = this.#find(name, 'added', listener);
    if (wrapped) this.off(name, wrapped as never);
  }

  get onopen(): Listener<this, 'open'> | null {
    return this.#handler('open');
  }
  set onopen(listener: Listener<this, 'open'> | null | undefined) {
    this.#setHandler('open', listener);
  }

  get onmessage(): Listener<this, 'message'> | null {
    return this.#handler('message');
  }
  set onmessage(listener: Listener<this, 'message'> | null | undefined) {
    this.#setHandler('message', listener);
  }

  get onclose(): Listener<this, 'close'> | null {
    return this.#handler('close');
  }
  set onclose(listener: Listener<this, 'close'> | null | undefined) {
    this.#setHandler('close', listener);
  }

  get onerror(): Listener<this, 'error'> | null {
    return this.#handler('error');
  }
  set onerror(listener: Listener<this, 'error'> | null | undefined) {
    this.#setHandler('error', listener);
  }

  #handler<Name extends EventName>(name: Name): Listener<this, Name> | null {
    const wrapped = this.#find(name, 'handler');
    return wrapped ? (wrapped[registration].listener as Listener<this, Name>) : null;
  }

  /** Setting anything but a function removes the listener, as in browsers. */
  #setHandler<Name extends EventName>(name: Name, listener: unknown): void {
    const previous = this.#find(name, 'handler');
    if (previous) this.off(name, previous as never);
    if (typeof listener !== 'function') return;
    this.on(name, this.#wrap(name, 'handler', listener as Listener<this, Name>) as never);
  }

  /** Stored among the emitter's own listeners, so that `removeAllListeners()` removes it too. */
  #find(name: EventName, kind: ListenerKind, listener?: unknown): WrappedListener | undefined {
    return (this.listeners(name) as WrappedListener[]).find(({ [registration]: entry }) => {
      return entry?.kind === kind && (kind === 'handler' || entry.listener === listener);
    });
  }

  #wrap<Name extends EventName>(
    name: Name,
    kind: ListenerKind,
    listener: ListenerOrObject<this, Name>,
  ): WrappedListener {
    const call = (...args: WebSocketEvents[Name]): unknown => {
      const event = eventFrom[name](this, ...args);
      return typeof listener === 'function' ? listener.call(this, event) : listener.handleEvent(event);
    };
    return Object.assign(call, { [registration]: { listener, kind } });
  }
}

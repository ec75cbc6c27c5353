import { EventEmitter } from 'node:events';

/** The events of a {@link WebSocket}, with the arguments of the `ws` package's. */
export interface WebSocketEvents {
  /** Emitted only by sockets of `connect()`: a server's socket is open when the handler receives it. */
  open: [];
  /** `data` is a Buffer for text; for a binary message it is what `binaryType` names. */
  message: [data: Buffer, isBinary: boolean];
  close: [code: number, reason: Buffer];
  error: [error: Error];
  ping: [data: Buffer];
  pong: [data: Buffer];
  /** `bufferedAmount` is down to `highWaterMark` after a `send()` that returned `false`. */
  drain: [];
}

type EventName = keyof WebSocketEvents;

export type EmitterListener<Name extends EventName> = (...args: WebSocketEvents[Name]) => unknown;

/**
 * An EventEmitter of a WebSocket's events. Its methods are declared here, because the declaration of
 * `EventEmitter<Events>` in `@types/node` changes so much between versions that no override fits all of them.
 */
export interface SocketEmitter {
  on<Name extends EventName>(name: Name, listener: EmitterListener<Name>): this;
  addListener<Name extends EventName>(name: Name, listener: EmitterListener<Name>): this;
  prependListener<Name extends EventName>(name: Name, listener: EmitterListener<Name>): this;
  once<Name extends EventName>(name: Name, listener: EmitterListener<Name>): this;
  prependOnceListener<Name extends EventName>(name: Name, listener: EmitterListener<Name>): this;
  off<Name extends EventName>(name: Name, listener: EmitterListener<Name>): this;
  removeListener<Name extends EventName>(name: Name, listener: EmitterListener<Name>): this;
  removeAllListeners(name?: string | symbol): this;
  emit<Name extends EventName>(name: Name, ...args: WebSocketEvents[Name]): boolean;
  // Declared as in EventEmitter, so that this type is assignable to it.
  listeners(name: string | symbol): ReturnType<EventEmitter['listeners']>;
  rawListeners(name: string | symbol): ReturnType<EventEmitter['rawListeners']>;
  listenerCount(name: string | symbol, listener?: Function): number;
  eventNames(): (string | symbol)[];
  getMaxListeners(): number;
  setMaxListeners(count: number): this;
}

export const SocketEmitter: new (options: { readonly captureRejections: boolean }) => SocketEmitter =
  EventEmitter as never;

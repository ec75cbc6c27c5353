import type { Duplex } from 'node:stream';
import { CloseCode } from '../close-code.ts';
import { ProtocolError } from '../errors.ts';
import type { Role } from '../frame/frame-header.ts';
import { resolveLimits, type ConnectionLimits } from '../limits.ts';
import { Connection, type CloseInfo, type ConnectionEvent } from '../protocol/connection.ts';
import { extensionsOf } from '../protocol/deflation.ts';
import { PreparedMessage } from '../protocol/prepared-message.ts';
import { guard, phaseOf, reportError, type ErrorPhase } from './error-hook.ts';
import { EventTargetEmitter, type WebSocketEvents } from './event-target.ts';
import type { UnreadMessage } from './inbox.ts';
import {
  iterate,
  toBinaryType,
  toResult,
  toTextOrBytes,
  toValue,
  type BinaryType,
  type MessageData,
} from './message-data.ts';
import { Outbox, type SendCallback } from './outbox.ts';
import { Reader } from './reader.ts';
import { Transport } from './transport.ts';
import type { SendOptions, WebSocketOptions } from './websocket-options.ts';

/**
 * A WebSocket over any Duplex, after its opening handshake, with the surface of the `ws` package's.
 *
 * Messages that come before anybody reads wait, up to `maxUnreadMessages` and `maxUnreadBytes`; then TCP is held back.
 * The first reader gets them in order: a `message` listener, `receive()` or `for await`. An error that a listener
 * throws or rejects with closes the socket with 1011 and goes to `onError`.
 *
 * Close codes sent: 1002, 1007, 1008 and 1009 for faults of the peer (as an `error` event), 1011 for errors of
 * listeners, 1013 over `maxBufferedAmount`.
 */
export class WebSocket extends EventTargetEmitter {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSING = 2;
  static readonly CLOSED = 3;
  readonly CONNECTING = 0;
  readonly OPEN = 1;
  readonly CLOSING = 2;
  readonly CLOSED = 3;

  /** The chosen subprotocol, or `''`. */
  readonly protocol: string;
  /** The agreed extensions, as they were answered; `''` for none. */
  readonly extensions: string;
  /** The address dialled; `''` on a server. */
  readonly url: string;
  /** What `message` listeners get a binary message as. Default `nodebuffer`. `receive()` always gives a Buffer. */
  binaryType: BinaryType = 'nodebuffer';

  readonly #role: Role;
  readonly #limits: ConnectionLimits;
  readonly #onError: WebSocketOptions<WebSocket>['onError'];
  readonly #connection: Connection;
  readonly #reader: Reader;
  readonly #outbox: Outbox;
  readonly #transport: Transport;
  #resolveClosed: ((info: CloseInfo) => void) | undefined;
  #closed: Promise<CloseInfo> | undefined;

  /** @throws {TypeError | RangeError} on a limit that is not a whole number of 0 or more, or `Infinity` */
  constructor(duplex: Duplex, options: WebSocketOptions<WebSocket>) {
    super();
    const { role, deflate } = options;
    const limits = resolveLimits(options.limits);
    this.#limits = limits;
    this.#role = role;
    this.#onError = options.onError;
    this.protocol = options.protocol ?? '';
    this.url = options.url ?? '';
    this.extensions = extensionsOf(deflate);
    const connection = new Connection({ role, limits, deflate, onReady: () => this.#transport.pull() });
    const { highWaterMark, closeTimeout } = limits;
    const outbox = new Outbox(duplex, connection, { highWaterMark, onDrain: () => this.#dispatch('drain') });
    this.#connection = connection;
    this.#outbox = outbox;
    this.#reader = new Reader(limits, {
      hasListener: () => this.listenerCount('message') > 0,
      deliver: (message) => this.#deliver(message),
      pull: () => this.#transport.pull(),
    });
    process.nextTick(() => this.#dispatch('open'));
    if (options.head !== undefined && options.head.length > 0) duplex.unshift(options.head);
    this.#transport = new Transport(
      { duplex, connection, outbox, closeTimeout },
      {
        isReady: () => this.#reader.isReady || connection.state === 'closed',
        onEvent: (event) => this.#onEvent(event),
        onClosed: () => this.#onClosed(),
      },
    );
  }

  /** Never `CONNECTING`: a socket is handed out when it is open. */
  get readyState(): 1 | 2 | 3 {
    if (this.#transport.isClosed) return this.CLOSED;
    return this.#connection.state === 'open' ? this.OPEN : this.CLOSING;
  }

  /** Bytes, framing included, that the transport has not taken yet. */
  get bufferedAmount(): number {
    return this.#outbox.bufferedAmount;
  }

  get isPaused(): boolean {
    return this.#reader.isPaused;
  }

  /** Whether the closing handshake was completed (RFC 6455 §7.1.4). */
  get wasClean(): boolean {
    return this.#connection.closeInfo?.wasClean ?? false;
  }

  /** Resolves when the connection has ended; never rejects. */
  get closed(): Promise<CloseInfo> {
    this.#closed ??= this.#transport.isClosed
      ? Promise.resolve(this.#connection.closeInfo!)
      : new Promise((resolve) => (this.#resolveClosed = resolve));
    return this.#closed;
  }

  /**
   * Sends a message: text for a string, else binary. All that one turn of the event loop sends leaves in one write.
   * Bytes are copied, so that they may be changed at once; but a server does not copy 64 KiB and more, unless it
   * compresses them: leave those as they are until the callback.
   *
   * @param callback called when the transport has taken the message, or with the error why not
   * @returns `false` when over `highWaterMark` (wait for `drain`), and when the socket is not open any more
   * @throws {TypeError} on data that is neither text nor bytes, and on bytes sent as text that are not UTF-8
   */
  send(data: MessageData | PreparedMessage, options?: SendOptions | SendCallback, callback?: SendCallback): boolean {
    if (typeof options === 'function') return this.send(data, undefined, options);
    this.#dropSlowPeer();
    return this.#sent(this.#put(data, options ?? {}), callback);
  }

  /**
   * Sends a Ping of up to 125 bytes (RFC 6455 §5.5.2).
   *
   * @param mask ignored; there for code written for `ws`
   * @throws {RangeError} on more than 125 bytes
   */
  ping(data: MessageData = '', mask?: boolean | SendCallback, callback?: SendCallback): boolean {
    this.#dropSlowPeer();
    return this.#sent(this.#connection.ping(toTextOrBytes(data)), typeof mask === 'function' ? mask : callback);
  }

  /** Sends a Pong that was not asked for (§5.5.3); Pings are answered without it. As {@link ping} in all else. */
  pong(data: MessageData = '', mask?: boolean | SendCallback, callback?: SendCallback): boolean {
    this.#dropSlowPeer();
    return this.#sent(this.#connection.pong(toTextOrBytes(data)), typeof mask === 'function' ? mask : callback);
  }

  /**
   * Begins the closing handshake (§7.1.2). Messages that come from now on, and those not read yet, are dropped. A peer
   * that does not answer within `closeTimeout` is cut off.
   *
   * @param code 1000-1014 but 1004-1006, or 3000-4999. Default: none
   * @param reason UTF-8, at most 123 bytes
   * @throws {TypeError | RangeError} on any other code or reason; the socket stays open
   */
  close(code?: number, reason?: string | Uint8Array): void {
    this.#connection.close(code, reason);
    this.#reader.stop();
    this.#outbox.schedule();
    this.#transport.startClosing();
  }

  /** Destroys the transport without a closing handshake (1006). */
  terminate(): void {
    this.#connection.endOfStream();
    this.#reader.stop();
    this.#transport.destroy();
  }

  /** Stops reading: no events until `resume()`, and TCP holds the peer back. */
  pause(): void {
    if (this.readyState !== this.OPEN) return;
    this.#reader.pause();
  }

  resume(): void {
    this.#reader.resume();
  }

  /**
   * The next message: a `string` for text, a `Buffer` for binary; `null` once closed.
   *
   * Rejects with a `TypeError` where `message` listeners take the messages.
   */
  receive(): Promise<string | Buffer | null> {
    return this.#reader.receive(toValue);
  }

  /** Every message until the socket is closed. Leaving the loop leaves the socket open. */
  [Symbol.asyncIterator](): AsyncIterableIterator<string | Buffer, void, undefined> {
    return iterate(() => this.#reader.receive(toResult));
  }

  protected override onListener(name: string | symbol): void {
    if (name === 'message') this.#reader.flow();
  }

  protected override onListenerRejected(error: unknown, name: string): void {
    this.#onFault(error, phaseOf(name));
  }

  #put(data: MessageData | PreparedMessage, options: SendOptions): boolean {
    if (data instanceof PreparedMessage) return this.#connection.sendPrepared(data);
    const message = toTextOrBytes(data);
    const { binary = typeof message !== 'string', fin = true, compress = true } = options;
    return this.#connection.send({ data: message, isBinary: binary, fin, compress });
  }

  #sent(isSent: boolean, callback: SendCallback | undefined): boolean {
    if (callback === undefined) return isSent && this.#outbox.schedule();
    const onFault = (fault: unknown): void => this.#onFault(fault, 'message');
    const done: SendCallback = (error) => guard(() => callback(error), onFault);
    if (isSent) return this.#outbox.schedule(done);
    process.nextTick(done, new Error('Cannot send: the socket is not open'));
    return false;
  }

  /** Before a message is added, so that one long message is never too many. */
  #dropSlowPeer(): void {
    const { maxBufferedAmount } = this.#limits;
    const waiting = this.#outbox.excess(maxBufferedAmount);
    if (waiting === 0 || this.readyState !== this.OPEN) return;
    const message = `Slow peer: ${waiting} bytes wait, over maxBufferedAmount ${maxBufferedAmount}`;
    this.#fail(new ProtocolError('WS_ERR_SLOW_PEER', CloseCode.TryAgainLater, message));
  }

  #onEvent(event: ConnectionEvent): void {
    switch (event.type) {
      case 'message':
        return this.#reader.push(event);
      case 'ping':
      case 'pong':
        return this.#dispatch(event.type, event.data);
      case 'close':
        return this.#onPeerClosed();
      case 'error':
        return this.#onFailed(event.error);
    }
  }

  /** As {@link #dispatch}, without an array of arguments for each message. */
  #deliver({ data, isBinary }: UnreadMessage): void {
    try {
      this.emit('message', (isBinary ? toBinaryType(data, this.binaryType) : data) as Buffer, isBinary);
    } catch (error) {
      this.#onFault(error, 'message');
    }
  }

  /** Both Close frames are there: the server ends TCP, the client waits for that (§7.1.1). */
  #onPeerClosed(): void {
    if (this.#role === 'server') this.#transport.end();
    else this.#transport.startClosing();
  }

  #fail(error: ProtocolError): void {
    this.#connection.fail(error);
    this.#reader.stop();
    this.#onFailed(error);
  }

  #onFailed(error: ProtocolError): void {
    this.#transport.end();
    if (this.listenerCount('error') > 0) this.#dispatch('error', error);
  }

  #onClosed(): void {
    const info = this.#connection.closeInfo!;
    this.#reader.end();
    this.#resolveClosed?.(info);
    this.#dispatch('close', info.code, Buffer.from(info.reason));
  }

  #dispatch<Name extends keyof WebSocketEvents>(name: Name, ...args: WebSocketEvents[Name]): void {
    try {
      this.emit(name, ...(args as never));
    } catch (error) {
      this.#onFault(error, phaseOf(name));
    }
  }

  #onFault(error: unknown, phase: ErrorPhase): void {
    reportError(this.#onError, error, { phase, socket: this });
    this.close(CloseCode.InternalError);
  }
}

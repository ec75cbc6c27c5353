import type { Duplex } from 'node:stream';
import { CloseCode } from '../close-code.ts';
import { ProtocolError } from '../errors.ts';
import type { Role } from '../frame/frame-header.ts';
import { resolveLimits, type ConnectionLimits } from '../limits.ts';
import { Connection, type CloseInfo, type ConnectionEvent } from '../protocol/connection.ts';
import { guard, reportError, type ErrorPhase } from './error-hook.ts';
import { EventTargetEmitter, type WebSocketEvents } from './event-target.ts';
import type { UnreadMessage } from './inbox.ts';
import { toBinaryType, toTextOrBytes, type BinaryType, type MessageData } from './message-data.ts';
import { Outbox, type SendCallback } from './outbox.ts';
import { Reader } from './reader.ts';
import { Transport } from './transport.ts';
import type { SendOptions, WebSocketOptions } from './websocket-options.ts';

/** Events of the application's own count as messages, as `ping`, `pong` and `drain` do. */
function phaseOf(name: string): ErrorPhase {
  if (name === 'open') return 'open';
  return name === 'close' || name === 'error' ? 'close' : 'message';
}

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
  /** The agreed extensions: none, `''`. */
  readonly extensions: string = '';
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
    this.#limits = resolveLimits(options);
    this.#role = options.role;
    this.#onError = options.onError;
    this.protocol = options.protocol ?? '';
    this.url = options.url ?? '';
    const connection = new Connection(options);
    const { highWaterMark, closeTimeout } = this.#limits;
    const outbox = new Outbox(duplex, connection, { highWaterMark, onDrain: () => this.#dispatch('drain') });
    this.#connection = connection;
    this.#outbox = outbox;
    this.#reader = new Reader(this.#limits, {
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
   * Sends a message: text for a string, else binary. The bytes are copied; all that one turn of the event loop sends
   * leaves in one write.
   *
   * @param callback called when the transport has taken the message, or with the error why not
   * @returns `false` when over `highWaterMark` (wait for `drain`), and when the socket is not open any more
   * @throws {TypeError} on data that is neither text nor bytes, and on bytes sent as text that are not UTF-8
   */
  send(data: MessageData, options?: SendOptions | SendCallback, callback?: SendCallback): boolean {
    if (typeof options === 'function') return this.send(data, {}, options);
    const message = toTextOrBytes(data);
    const { binary = typeof message !== 'string', fin = true } = options ?? {};
    this.#dropSlowPeer();
    return this.#sent(this.#connection.send({ data: message, isBinary: binary, fin }), callback);
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
    if (this.listenerCount('message') > 0) {
      return Promise.reject(new TypeError('Cannot receive: the message listeners of this socket take its messages'));
    }
    return this.#reader.receive().then(toValue);
  }

  /** Every message until the socket is closed. Leaving the loop leaves the socket open. */
  async *[Symbol.asyncIterator](): AsyncGenerator<string | Buffer, void, undefined> {
    for (let message = await this.receive(); message !== null; message = await this.receive()) yield message;
  }

  protected override onListener(name: string | symbol): void {
    if (name === 'message') this.#reader.flow();
  }

  protected override onListenerRejected(error: unknown, name: string): void {
    this.#onFault(error, phaseOf(name));
  }

  #sent(isSent: boolean, callback: SendCallback | undefined): boolean {
    const done = callback && this.#guarded(callback);
    if (!isSent) {
      if (done) process.nextTick(done, new Error('Cannot send: the socket is not open'));
      return false;
    }
    return this.#outbox.schedule(done);
  }

  #guarded(callback: SendCallback): SendCallback {
    return (error) =>
      guard(
        () => callback(error),
        (fault) => this.#onFault(fault, 'message'),
      );
  }

  /** Before a message is added: a burst of one turn is written first, as it may just not have had its chance. */
  #dropSlowPeer(): void {
    const { maxBufferedAmount } = this.#limits;
    if (this.bufferedAmount <= maxBufferedAmount) return;
    this.#outbox.flush();
    const waiting = this.bufferedAmount;
    if (waiting <= maxBufferedAmount || this.readyState !== this.OPEN) return;
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

  #deliver({ data, isBinary }: UnreadMessage): void {
    this.#dispatch('message', (isBinary ? toBinaryType(data, this.binaryType) : data) as Buffer, isBinary);
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

function toValue(message: UnreadMessage | null): string | Buffer | null {
  return message && (message.isBinary ? message.data : message.data.toString());
}

import type { Duplex } from 'node:stream';
import type { CloseInfo } from '../protocol/connection-event.ts';
import { extensionsOf } from '../protocol/deflation.ts';
import { adopt, isOfOtherCopy, PreparedMessage } from '../protocol/prepared-message.ts';
import { readControlArguments, type ControlData } from './control-arguments.ts';
import { readOptions } from '../options/read-options.ts';
import { kindOf } from '../options/option.ts';
import { phaseOf } from './error-hook.ts';
import { EventTargetEmitter } from './event-target.ts';
import {
  isBinaryType,
  iterate,
  toResult,
  toTextOrBytes,
  toValue,
  type BinaryType,
  type MessageData,
} from './message-data.ts';
import type { SendCallback } from './outbox.ts';
import { remoteAddressOf } from './remote-address.ts';
import { SocketDriver } from './socket-driver.ts';
import { webSocketOptions, type SendOptions, type WebSocketOptions } from './websocket-options.ts';

/**
 * A WebSocket over any Duplex, after its opening handshake, with the API of the `ws` package.
 *
 * Unread messages are kept, up to `maxUnreadMessages` and `maxUnreadBytes`; then TCP holds the peer back. The first
 * reader receives them in order: a `message` listener, `receive()` or `for await`. An error that a listener throws or
 * rejects with closes the socket with 1011 and is passed to `onError`.
 *
 * The peer is pinged every `pingInterval`, and is disconnected (1006) if nothing arrives within `pongTimeout`. The
 * amount sent never closes a peer: a peer is slow if it has unsent bytes and accepts none for `sendTimeout`.
 *
 * Close codes sent: 1002, 1007, 1008 and 1009 for faults of the peer (as an `error` event), 1011 for errors of
 * listeners, 1013 for a peer that accepts nothing, and for the one that holds the most when a `maxTotal…` limit is
 * exceeded.
 *
 * @typeParam Data the type of {@link WebSocket.data}; by default TypeScript does not check it
 */
// By default `any`, which fits every type: handlers, and code for all sockets, need not agree on the type of `data`.
// oxlint-disable-next-line typescript/no-explicit-any
export class WebSocket<Data = any> extends EventTargetEmitter {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSING = 2;
  static readonly CLOSED = 3;

  /** The chosen subprotocol, or `''`. */
  readonly protocol: string;
  /** The agreed extensions, as in the server's answer; `''` for none. */
  readonly extensions: string;
  /** The address dialled; `''` on a server. */
  readonly url: string;
  /** The application's name for the user; `undefined` if it has not set one. */
  readonly user: string | undefined;
  /**
   * The application's own state for this socket: Turnout neither reads nor changes it. The option `data`, or else an
   * empty object. A handler's parameter types it: `(socket: WebSocket<{ room: string }>) => { … }`.
   */
  data: Data;

  readonly #duplex: Duplex;
  readonly #driver: SocketDriver<WebSocket>;
  #binaryType: BinaryType = 'nodebuffer';

  /** @throws {TypeError | RangeError} on a value that is not a Duplex, such as an address, and on a wrong option */
  constructor(duplex: Duplex, options: WebSocketOptions<WebSocket, Data>) {
    super();
    assertDuplex(duplex);
    readOptions(webSocketOptions, options);
    this.protocol = options.protocol ?? '';
    this.url = options.url ?? '';
    this.user = options.user;
    this.data = options.data ?? ({} as Data);
    this.extensions = extensionsOf(options.deflate);
    this.#duplex = duplex;
    this.#driver = new SocketDriver<WebSocket>(this, duplex, options);
  }

  get CONNECTING(): 0 {
    return WebSocket.CONNECTING;
  }
  get OPEN(): 1 {
    return WebSocket.OPEN;
  }
  get CLOSING(): 2 {
    return WebSocket.CLOSING;
  }
  get CLOSED(): 3 {
    return WebSocket.CLOSED;
  }

  /** Never `CONNECTING`: applications only get sockets that are open. */
  get readyState(): 1 | 2 | 3 {
    if (this.#driver.isClosed) return this.CLOSED;
    return this.#driver.isOpen ? this.OPEN : this.CLOSING;
  }

  /**
   * The form in which `message` listeners receive a binary message. Default `nodebuffer`. Any other word is ignored, as
   * in browsers. `receive()` always returns a Buffer.
   */
  get binaryType(): BinaryType {
    return this.#binaryType;
  }
  set binaryType(binaryType: BinaryType) {
    if (isBinaryType(binaryType)) this.#binaryType = binaryType;
  }

  /**
   * The peer's IP address, or a proxy's; over HTTP/2 that of the connection that carries the stream. `undefined` if
   * there is no address, and once the connection has ended.
   */
  get remoteAddress(): string | undefined {
    return remoteAddressOf(this.#duplex);
  }

  /**
   * The byte stream under this socket: for libraries written for `ws`, such as its own `createWebSocketStream()`. Do
   * not read, write or pause it: frames pass through it.
   */
  get _socket(): Duplex {
    return this.#duplex;
  }

  /** Bytes, including framing, that the transport has not accepted yet. */
  get bufferedAmount(): number {
    return this.#driver.bufferedAmount;
  }

  get isPaused(): boolean {
    return this.#driver.isPaused;
  }

  /** Whether the closing handshake was completed (RFC 6455 §7.1.4). */
  get wasClean(): boolean {
    return this.#driver.closeInfo?.wasClean ?? false;
  }

  /** Resolves when the connection has ended; never rejects. */
  get closed(): Promise<CloseInfo> {
    return this.#driver.closed;
  }

  /**
   * Sends a message: text for a string or a number, otherwise binary. Everything that one turn of the event loop sends
   * leaves in one write. Bytes are copied, so the caller may change them immediately; but a server does not copy 64 KiB
   * and more, unless it compresses them: do not change those until the callback. A Blob keeps its place among the
   * messages while it is read, and is not compressed; a Blob that cannot be read is reported, and ends the connection
   * (1006).
   *
   * @param callback called when the transport has accepted the message, or with the error that prevented it
   * @returns `false` if more than `highWaterMark` is unsent (`await socket.drained()`), or if the socket is not open
   * @throws {TypeError} on any other data, and on bytes sent as text that are not UTF-8
   */
  send(
    data: MessageData | number | Blob | PreparedMessage,
    options?: SendOptions | SendCallback | null,
    callback?: SendCallback,
  ): boolean {
    if (typeof options === 'function') return this.send(data, undefined, options);
    const done = onlyFunction(callback);
    if (data instanceof PreparedMessage) return this.#driver.sendPrepared(data, done);
    const { binary = true, fin = true, compress = true } = options ?? {};
    if (data instanceof Blob) return this.#driver.sendBlob(data, { isBinary: binary, fin }, done);
    if (!ArrayBuffer.isView(data) && isOfOtherCopy(data)) return this.#driver.sendPrepared(adopt(data), done);
    const message = toTextOrBytes(data);
    const isBinary = options?.binary ?? typeof message !== 'string';
    return this.#driver.send({ data: message, isBinary, fin, compress }, done);
  }

  /**
   * Resolves with `true` once at most `highWaterMark` bytes are unsent, which may be immediately, or with `false` once
   * the socket is no longer open. Never rejects.
   *
   * ```ts
   * for (const part of parts) {
   *   if (!socket.send(part) && !(await socket.drained())) break;
   * }
   * ```
   */
  drained(): Promise<boolean> {
    return this.#driver.drained();
  }

  /**
   * Sends a Ping of up to 125 bytes (RFC 6455 §5.5.2): a number as its text, an empty payload for `null` and
   * `undefined`.
   *
   * @param mask ignored; accepted for code written for `ws`
   * @throws {RangeError} on more than 125 bytes
   * @throws {TypeError} on data that is neither text nor bytes
   */
  ping(callback?: SendCallback): boolean;
  ping(data: ControlData, callback?: SendCallback): boolean;
  ping(data: ControlData, mask?: boolean, callback?: SendCallback): boolean;
  ping(...args: readonly unknown[]): boolean {
    return this.#driver.ping(...readControlArguments(args));
  }

  /** Sends an unsolicited Pong (§5.5.3); Pings are answered automatically. Otherwise like {@link ping}. */
  pong(callback?: SendCallback): boolean;
  pong(data: ControlData, callback?: SendCallback): boolean;
  pong(data: ControlData, mask?: boolean, callback?: SendCallback): boolean;
  pong(...args: readonly unknown[]): boolean {
    return this.#driver.pong(...readControlArguments(args));
  }

  /**
   * Begins the closing handshake (§7.1.2). Earlier messages are sent before the Close frame. Messages already received
   * can still be read; later ones are dropped, unless `messagesAfterClose` is `deliver`. A peer that neither accepts
   * bytes nor answers within `closeTimeout` is disconnected. Does nothing if the socket is not open.
   *
   * @param code 1000-1003, 1007-1014 or 3000-4999. Default: none
   * @param reason UTF-8, at most 123 bytes
   * @throws {TypeError | RangeError} on any other code or reason; the socket stays open
   */
  close(code?: number, reason?: string | Uint8Array): void {
    if (this.readyState === this.OPEN) this.#driver.close(code, reason);
  }

  /** Destroys the transport without a closing handshake (1006). */
  terminate(): void {
    this.#driver.terminate();
  }

  /** Stops reading: no events until `resume()`, and TCP holds the peer back. */
  pause(): void {
    if (this.readyState !== this.OPEN) return;
    this.#driver.pause();
  }

  resume(): void {
    this.#driver.resume();
  }

  /**
   * Drops unread messages and all later ones: for a route that only sends. Otherwise a peer's messages would wait for a
   * reader, and its Close frame behind them.
   */
  ignoreMessages(): void {
    this.#driver.ignoreMessages();
  }

  /**
   * The next message: a `string` for text, a `Buffer` for binary; `null` once closed.
   *
   * Rejects with a `TypeError` if the socket has `message` listeners, which take the messages.
   */
  receive(): Promise<string | Buffer | null> {
    return this.#driver.receive(toValue);
  }

  /** Every message until the socket is closed. Leaving the loop leaves the socket open. */
  [Symbol.asyncIterator](): AsyncIterableIterator<string | Buffer, void, undefined> {
    return iterate(() => this.#driver.receive(toResult));
  }

  protected override onListener(name: string | symbol): void {
    if (name === 'message') this.#driver.readSoon();
  }

  protected override onListenerRejected(error: unknown, name: string): void {
    this.#driver.fault(error, phaseOf(name));
  }
}

/** Code written for early versions of `ws` passes flags instead of the callback. */
function onlyFunction(callback: unknown): SendCallback | undefined {
  return typeof callback === 'function' ? (callback as SendCallback) : undefined;
}

function assertDuplex(duplex: unknown): void {
  if (typeof duplex === 'object' && duplex !== null && 'write' in duplex && 'read' in duplex) return;
  throw new TypeError(`Invalid duplex: expected a Duplex, got ${kindOf(duplex)}; to dial a server, call connect(url)`);
}

import type { Duplex } from 'node:stream';
import { CloseCode } from '../close-code.ts';
import type { ProtocolError } from '../errors.ts';
import { resolveLimits } from '../limits.ts';
import type { CloseInfo } from '../protocol/connection-event.ts';
import { Connection } from '../protocol/connection.ts';
import type { LaterMessage, OutgoingMessage } from '../protocol/message-sender.ts';
import type { PreparedMessage } from '../protocol/prepared-message.ts';
import type { Role } from '../role.ts';
import { Application, type ListenedSocket } from './application.ts';
import { readBlob } from './read-blob.ts';
import { closeChannel, slowChannel } from './diagnostics.ts';
import { listenTo, type DuplexListener } from './duplex-listener.ts';
import type { ErrorPhase } from './error-hook.ts';
import type { UnreadMessage } from './inbox.ts';
import { notOpen } from './send-error.ts';
import { Outbox, type OutboxOwner, type SendCallback } from './outbox.ts';
import { Reader, type ReaderEvent, type ReaderOwner } from './reader.ts';
import { Transport } from './transport.ts';
import type { TurnWaiter } from './turn-share.ts';
import type { WebSocketOptions } from './websocket-options.ts';

/**
 * The inside of a WebSocket: passes each chunk of the Duplex through the reading stages, calls the WebSocket's
 * listeners with the results, and owns the parts that write and close.
 */
export class SocketDriver<Socket extends ListenedSocket = ListenedSocket>
  implements ReaderOwner, OutboxOwner, DuplexListener
{
  readonly #socket: Socket;
  readonly #role: Role;
  readonly #application: Application<Socket>;
  readonly #connection: Connection;
  readonly #reader: Reader;
  readonly #outbox: Outbox;
  readonly #transport: Transport;
  #isInputEnded = false;
  #isReadScheduled = false;
  #resolveClosed: ((info: CloseInfo) => void) | undefined;
  #closed: Promise<CloseInfo> | undefined;

  /** Reads from the next tick on, so that its creator can add listeners. @throws as {@link resolveLimits} */
  constructor(socket: Socket, duplex: Duplex, options: WebSocketOptions<Socket>) {
    const { role, deflate, head, admitMessage, messagesAfterClose, rate } = options;
    const limits = resolveLimits(options.limits);
    const onReady = deflate ? (): void => this.readOn() : undefined;
    const connection = new Connection({ role, limits, deflate, messagesAfterClose, onReady });
    this.#socket = socket;
    this.#role = role;
    this.#application = new Application(socket, options.onError, () => this.#onFault());
    this.#connection = connection;
    this.#reader = new Reader({ connection, limits, socket, admitMessage, rate }, this);
    this.#outbox = new Outbox({ duplex, connection, limits }, this);
    if (role === 'client') process.nextTick(() => this.#application.dispatch('open'));
    if (head !== undefined && head.length > 0) duplex.unshift(head);
    this.#transport = new Transport({ duplex, connection, outbox: this.#outbox, limits });
    listenTo(duplex, this);
  }

  get isOpen(): boolean {
    return this.#connection.state === 'open' && !this.#transport.isClosed;
  }

  get isClosed(): boolean {
    return this.#transport.isClosed;
  }

  get closeInfo(): CloseInfo | null {
    return this.#connection.closeInfo;
  }

  get bufferedAmount(): number {
    return this.#outbox.bufferedAmount;
  }

  get isPaused(): boolean {
    return this.#reader.isPaused;
  }

  /** Resolves when the connection has ended. */
  get closed(): Promise<CloseInfo> {
    this.#closed ??= this.#transport.isClosed
      ? Promise.resolve(this.#connection.closeInfo!)
      : new Promise((resolve) => (this.#resolveClosed = resolve));
    return this.#closed;
  }

  send(message: OutgoingMessage, callback: SendCallback | undefined): boolean {
    return this.#sent(this.#connection.send(message), callback);
  }

  sendPrepared(message: PreparedMessage, callback: SendCallback | undefined): boolean {
    return this.#sent(this.#connection.sendPrepared(message), callback);
  }

  /**
   * Sends the bytes of a Blob in its place. A Blob that cannot be read would leave a gap, so nothing is sent after it.
   */
  sendBlob(blob: Blob, message: Omit<LaterMessage, 'byteLength'>, callback: SendCallback | undefined): boolean {
    const fill = this.#connection.sendLater({ ...message, byteLength: blob.size });
    const onRead = (): unknown => this.#outbox.schedule();
    const onUnreadable = (error: unknown): void => {
      this.fault(error, 'message');
      this.terminate();
    };
    if (fill !== null) void readBlob(blob, message.isBinary).then(fill).then(onRead, onUnreadable);
    return this.#sent(fill !== null, callback);
  }

  ping(data: string | Uint8Array, callback: SendCallback | undefined): boolean {
    return this.#sent(this.#connection.ping(data), callback);
  }

  pong(data: string | Uint8Array, callback: SendCallback | undefined): boolean {
    return this.#sent(this.#connection.pong(data), callback);
  }

  /** Resolves with `true` when the socket accepts more, with `false` when it is no longer open. */
  drained(): Promise<boolean> {
    return this.isOpen ? this.#outbox.drained() : Promise.resolve(false);
  }

  receive<Value>(read: (message: UnreadMessage | null) => Value): Promise<Value> {
    if (this.#application.takesMessages) {
      return Promise.reject(new TypeError('Cannot receive: the message listeners of this socket take its messages'));
    }
    if (this.#reader.isFull) this.readSoon();
    return this.#reader.receive(read);
  }

  pause(): void {
    this.#reader.pause();
    this.#transport.setFlowing(false);
  }

  resume(): void {
    this.#reader.resume();
    this.readSoon();
  }

  ignoreMessages(): void {
    this.#reader.ignoreMessages();
    this.readSoon();
  }

  /** Begins the closing handshake; see {@link Connection.close}. */
  close(code?: number, reason?: string | Uint8Array): void {
    this.#connection.close(code, reason);
    // What has come can still be read, and the peer's own Close frame has to be.
    this.#reader.resume();
    this.readSoon();
    this.#outbox.schedule();
    this.#outbox.stop();
    this.#transport.startClosing();
  }

  terminate(): void {
    this.#connection.endOfStream();
    this.#reader.ignoreMessages();
    this.#reader.end();
    this.#transport.destroy();
  }

  /** Delivers unread messages and continues reading, on the next tick: never during a listener. */
  readSoon(): void {
    if (this.#isReadScheduled) return;
    this.#isReadScheduled = true;
    process.nextTick(readScheduled, this);
  }

  readOn(): void {
    this.#isReadScheduled = false;
    this.#reader.begin(0);
    this.#application.enter(read, this);
  }

  /** An error of the application's code: reports it, and closes the connection with 1011. */
  fault(error: unknown, phase: ErrorPhase): void {
    this.#application.fault(error, phase);
  }

  onDrain(): void {
    this.#application.dispatch('drain');
  }

  /** A stuck peer: destroys the connection, and with it all unsent output and our Close frame. */
  onStuck(error: ProtocolError): void {
    if (slowChannel.hasSubscribers) slowChannel.publish({ socket: this.#socket, reason: error.message });
    this.#connection.fail(error);
    this.#transport.destroy();
    this.#application.tell(error);
  }

  fail(error: ProtocolError): void {
    if (this.#connection.state === 'closed') return;
    this.#connection.fail(error);
    this.readSoon();
    this.#onFailed(error);
  }

  onData(chunk: Buffer): void {
    this.#transport.hear();
    this.#connection.receive(chunk);
    this.#outbox.beginRead();
    this.#reader.begin(chunk.length);
    this.#application.enter(read, this);
    this.#outbox.endRead();
  }

  /** The peer has stopped sending. Its messages may still be unread: the end follows them, or the time limit. */
  onEnd(): void {
    this.#isInputEnded = true;
    this.#transport.startClosing();
    this.readOn();
  }

  onClosed(): void {
    this.#connection.endOfStream();
    this.#transport.dispose();
    this.#reader.end();
    const info = this.#connection.closeInfo!;
    if (closeChannel.hasSubscribers) closeChannel.publish({ socket: this.#socket, ...info });
    this.#resolveClosed?.(info);
    this.#application.dispatch('close', info.code, Buffer.from(info.reason));
  }

  /** Passes everything that may be read now through the stages to its readers, within the application's context. */
  read(): void {
    const connection = this.#connection;
    const reader = this.#reader;
    const application = this.#application;
    for (;;) {
      const event = reader.next(application.takesMessages ? 'listeners' : 'receivers');
      if (event === null) break;
      this.#onEvent(event);
    }
    reader.settle();
    this.#transport.setFlowing(reader.isReading);
    if (connection.outputLength > 0 || connection.owesPong) this.#outbox.schedule();
    if (this.#isInputEnded && reader.isReading) this.#endInput();
  }

  #onEvent(event: ReaderEvent): void {
    switch (event.type) {
      case 'message':
        return this.#application.deliver(event);
      case 'ping':
      case 'pong':
        return this.#application.dispatch(event.type, event.data);
      case 'close':
        return this.#onPeerClosed();
      case 'error':
        return this.#onFailed(event.error);
      case 'fault':
        return this.#application.fault(event.error, 'message');
    }
  }

  #onFault(): void {
    this.close(CloseCode.InternalError);
    this.#reader.ignoreMessages();
  }

  #endInput(): void {
    this.#connection.endOfStream();
    this.#transport.end();
  }

  /** Both Close frames have been exchanged: the server ends TCP, the client waits for that (RFC 6455 §7.1.1). */
  #onPeerClosed(): void {
    this.#outbox.stop();
    if (this.#role === 'server') this.#transport.end();
    else this.#transport.startClosing();
  }

  #onFailed(error: ProtocolError): void {
    this.#outbox.stop();
    this.#transport.end();
    this.#application.tell(error);
  }

  #sent(isSent: boolean, callback: SendCallback | undefined): boolean {
    if (callback === undefined) return isSent && this.#outbox.schedule();
    const done: SendCallback = this.#application.bind(callback);
    if (isSent) return this.#outbox.schedule(done);
    process.nextTick(done, notOpen(this.isClosed ? '3 (CLOSED)' : '2 (CLOSING)'));
    return false;
  }
}

function read(driver: Pick<SocketDriver, 'read'>): void {
  driver.read();
}

function readScheduled(driver: TurnWaiter): void {
  driver.readOn();
}

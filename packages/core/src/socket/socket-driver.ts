import type { Duplex } from 'node:stream';
import { CloseCode } from '../close-code.ts';
import type { ProtocolError } from '../errors.ts';
import { resolveLimits, type ConnectionLimits } from '../limits.ts';
import { Connection, type CloseInfo, type ConnectionEvent } from '../protocol/connection.ts';
import type { Role } from '../role.ts';
import { ControlFrameRate } from './control-frame-rate.ts';
import { closeChannel, errorChannel, messageChannel, slowChannel } from './diagnostics.ts';
import { phaseOf, reportError, type ErrorPhase } from './error-hook.ts';
import type { EventTargetEmitter, WebSocketEvents } from './event-target.ts';
import type { UnreadMessage } from './inbox.ts';
import { toBinaryType, type BinaryType } from './message-data.ts';
import { Outbox, type OutboxOwner } from './outbox.ts';
import { Reader, type ReaderOwner } from './reader.ts';
import { slowPeer } from './slow-peer.ts';
import { Transport, type TransportOwner } from './transport.ts';
import type { WebSocketOptions } from './websocket-options.ts';

/** What a driver needs of the WebSocket that it drives. */
export interface DrivenSocket extends Pick<EventTargetEmitter, 'emit' | 'listenerCount'> {
  readonly binaryType: BinaryType;
}

/**
 * What goes on inside a WebSocket: owns the connection and the parts that read, write and end it, and tells the
 * WebSocket's listeners what happens.
 */
export class SocketDriver<Socket extends DrivenSocket = DrivenSocket>
  implements ReaderOwner, OutboxOwner, TransportOwner
{
  readonly limits: ConnectionLimits;
  readonly connection: Connection;
  readonly reader: Reader;
  readonly outbox: Outbox;
  readonly transport: Transport;
  readonly #socket: Socket;
  readonly #onError: WebSocketOptions<Socket>['onError'];
  readonly #role: Role;
  readonly #admitMessage: WebSocketOptions<Socket>['admitMessage'];
  /** Whether a message waits to be admitted. */
  #isAsking = false;
  /** There is none before the first control frame. */
  #controlFrameRate: ControlFrameRate | undefined;
  #resolveClosed: ((info: CloseInfo) => void) | undefined;
  #closed: Promise<CloseInfo> | undefined;

  /** @throws as {@link resolveLimits} */
  constructor(socket: Socket, duplex: Duplex, options: WebSocketOptions<Socket>) {
    const { role, deflate, head } = options;
    const limits = resolveLimits(options.limits, role);
    const onReady = deflate ? (): void => this.pull() : undefined;
    const connection = new Connection({ role, limits, deflate, onReady });
    this.#socket = socket;
    this.#onError = options.onError;
    this.#role = role;
    this.#admitMessage = options.admitMessage;
    this.limits = limits;
    this.connection = connection;
    this.reader = new Reader(limits, this);
    this.outbox = new Outbox({ duplex, connection, limits }, this);
    process.nextTick(dispatchOpen, this);
    if (head !== undefined && head.length > 0) duplex.unshift(head);
    this.transport = new Transport({ duplex, connection, outbox: this.outbox, limits }, this);
  }

  get isOpen(): boolean {
    return this.connection.state === 'open' && !this.transport.isClosed;
  }

  /** Resolves when the connection has ended. */
  get closed(): Promise<CloseInfo> {
    this.#closed ??= this.transport.isClosed
      ? Promise.resolve(this.connection.closeInfo!)
      : new Promise((resolve) => (this.#resolveClosed = resolve));
    return this.#closed;
  }

  hasListener(): boolean {
    return this.#socket.listenerCount('message') > 0;
  }

  /** As {@link dispatch}, without an array of arguments for each message. */
  deliver({ data, isBinary }: UnreadMessage): void {
    const socket = this.#socket;
    try {
      socket.emit('message', (isBinary ? toBinaryType(data, socket.binaryType) : data) as Buffer, isBinary);
    } catch (error) {
      this.onFault(error, 'message');
    }
  }

  pull(): void {
    this.transport.pull();
  }

  isReady(): boolean {
    if (this.connection.state === 'closed') return true;
    return this.reader.isReady && !this.#isAsking;
  }

  onEvent(event: ConnectionEvent): void {
    switch (event.type) {
      case 'message':
        if (messageChannel.hasSubscribers) this.#publishMessage(event);
        return this.#admitMessage === undefined ? this.reader.push(event) : void this.#ask(this.#admitMessage, event);
      case 'ping':
      case 'pong':
        return this.#onControl(event.type, event.data);
      case 'close':
        return this.#onPeerClosed();
      case 'error':
        return this.#onFailed(event.error);
    }
  }

  onDrain(): void {
    this.dispatch('drain');
  }

  /** Begins the closing handshake; see {@link Connection.close}. */
  close(code?: number, reason?: string | Uint8Array): void {
    this.connection.close(code, reason);
    this.reader.stop();
    this.outbox.schedule();
    this.transport.startClosing();
  }

  terminate(): void {
    this.connection.endOfStream();
    this.reader.stop();
    this.transport.destroy();
  }

  /** An error of the application's code: it is reported, and the connection closed. */
  onFault(error: unknown, phase: ErrorPhase): void {
    const socket = this.#socket;
    if (errorChannel.hasSubscribers) errorChannel.publish({ error, phase, socket });
    reportError(this.#onError, error, { phase, socket });
    this.close(CloseCode.InternalError);
  }

  /** Before a message is added, so that one long message is never too many. */
  dropSlowPeer(): void {
    const { maxBufferedAmount } = this.limits;
    const waiting = this.outbox.excess(maxBufferedAmount);
    if (waiting === 0 || !this.isOpen) return;
    const error = slowPeer(`${waiting} bytes wait, over maxBufferedAmount ${maxBufferedAmount}`);
    this.#publishSlow(error);
    this.#fail(error);
  }

  /** What waits for the peer must go at once, and with it our Close frame. */
  onStuck(error: ProtocolError): void {
    this.#publishSlow(error);
    this.connection.fail(error);
    this.reader.stop();
    this.transport.destroy();
    this.#tell(error);
  }

  onClosed(): void {
    const info = this.connection.closeInfo!;
    this.reader.end();
    if (closeChannel.hasSubscribers) closeChannel.publish({ socket: this.#socket, ...info });
    this.#resolveClosed?.(info);
    this.dispatch('close', info.code, Buffer.from(info.reason));
  }

  /** Calls the listeners of an event. What one of them throws is a fault of the application. */
  dispatch<Name extends keyof WebSocketEvents>(name: Name, ...args: WebSocketEvents[Name]): void {
    try {
      this.#socket.emit(name, ...(args as never));
    } catch (error) {
      this.onFault(error, phaseOf(name));
    }
  }

  async #ask(admitMessage: () => Promise<boolean>, message: UnreadMessage): Promise<void> {
    this.#isAsking = true;
    try {
      const isAdmitted = await admitMessage();
      this.#isAsking = false;
      if (isAdmitted && this.isOpen) this.reader.push(message);
      this.pull();
    } catch (error) {
      this.#isAsking = false;
      this.onFault(error, 'message');
    }
  }

  #publishMessage({ data, isBinary }: UnreadMessage): void {
    messageChannel.publish({ socket: this.#socket, data, isBinary });
  }

  #publishSlow({ message: reason }: ProtocolError): void {
    if (slowChannel.hasSubscribers) slowChannel.publish({ socket: this.#socket, reason });
  }

  #onControl(name: 'ping' | 'pong', data: Buffer): void {
    const fault = this.#countControlFrame();
    if (fault === null) this.dispatch(name, data);
    else this.#fail(fault);
  }

  #countControlFrame(): ProtocolError | null {
    const { maxControlFrames } = this.limits;
    if (maxControlFrames === Infinity) return null;
    const now = performance.now();
    this.#controlFrameRate ??= new ControlFrameRate(maxControlFrames, now);
    return this.#controlFrameRate.count(now);
  }

  /** Both Close frames are there: the server ends TCP, the client waits for that (RFC 6455 §7.1.1). */
  #onPeerClosed(): void {
    if (this.#role === 'server') this.transport.end();
    else this.transport.startClosing();
  }

  #fail(error: ProtocolError): void {
    this.connection.fail(error);
    this.reader.stop();
    this.#onFailed(error);
  }

  #onFailed(error: ProtocolError): void {
    this.transport.end();
    this.#tell(error);
  }

  /** Without a listener there is nobody to tell, and nothing to throw. */
  #tell(error: ProtocolError): void {
    if (this.#socket.listenerCount('error') > 0) this.dispatch('error', error);
  }
}

function dispatchOpen(driver: SocketDriver): void {
  driver.dispatch('open');
}

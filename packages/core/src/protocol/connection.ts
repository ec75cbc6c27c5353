import { isUtf8 } from 'node:buffer';
import { CloseCode } from '../close-code.ts';
import { ProtocolError } from '../errors.ts';
import { encodeFrame } from '../frame/frame-encoder.ts';
import { releaseChunk } from '../frame/output-slab.ts';
import type { Role } from '../role.ts';
import { FrameParser } from '../frame/frame-parser.ts';
import { resolveLimits } from '../limits.ts';
import { MessageAssembler } from '../message/message-assembler.ts';
import { MessageInflater } from '../message/message-inflater.ts';
import type { IncompleteMessage, MessageSource, Received } from '../message/message-source.ts';
import { maxControlPayload, Opcode, type ControlOpcode } from '../opcode.ts';
import type { CloseInfo, ConnectionEvent, MessagesAfterClose } from './connection-event.ts';
import type { ConnectionOptions } from './connection-options.ts';
import { encodeClosePayload, fitReason, parseClosePayload } from './close-payload.ts';
import { stateAfter, type ConnectionMove, type ConnectionState } from './connection-state.ts';
import { createDeflation, type Deflation } from './deflation.ts';
import { MessageSender, type FillMessage, type LaterMessage, type OutgoingMessage } from './message-sender.ts';
import { OutputQueue } from './output-queue.ts';
import type { PreparedMessage } from './prepared-message.ts';

function doNothing(): void {}

/**
 * One WebSocket connection after its opening handshake, sans-I/O: it never touches a socket or a clock. Pass chunks to
 * `receive()`, pull `next()` until it returns `null`, and write what `takeOutput()` and `takePong()` return.
 */
export class Connection {
  readonly #role: Role;
  readonly #parser: FrameParser;
  readonly #source: MessageSource;
  readonly #deflation: Deflation | null;
  readonly #sender: MessageSender;
  readonly #output: OutputQueue;
  readonly #messagesAfterClose: MessagesAfterClose;
  #state: ConnectionState = 'open';
  #closeInfo: CloseInfo | null = null;
  #pendingPong: Buffer | null = null;
  #isTransportFree = true;
  /** Bytes received when we sent our Close frame: messages up to there are delivered. */
  #bytesAtClose = 0;

  constructor({ role, limits, deflate = null, messagesAfterClose = 'drop', onReady = doNothing }: ConnectionOptions) {
    const resolved = resolveLimits(limits);
    this.#role = role;
    this.#messagesAfterClose = messagesAfterClose;
    this.#output = new OutputQueue(role);
    this.#parser = new FrameParser({ role, allowsRsv1: deflate !== null });
    const assembler = new MessageAssembler(this.#parser, resolved);
    this.#deflation = deflate && createDeflation(deflate, role, resolved.maxPayload);
    this.#source = this.#deflation ? new MessageInflater(assembler, this.#deflation.inflater, onReady) : assembler;
    const deflater = this.#deflation?.deflater ?? null;
    this.#sender = new MessageSender({ role, output: this.#output, deflater, onReady });
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Whether messages may be delivered: after our Close frame, only those received before it, by default. */
  get takesMessages(): boolean {
    if (this.#state !== 'closing-local') return this.#state === 'open';
    return !this.isFinishing || this.#parser.bytesParsed < this.#bytesAtClose || this.#source.isBusy;
  }

  /** Whether our Close frame was sent, and only messages received before it are still delivered. */
  get isFinishing(): boolean {
    return this.#state !== 'open' && this.#messagesAfterClose === 'drop';
  }

  /** How the connection ended; `null` until it has. */
  get closeInfo(): CloseInfo | null {
    return this.#closeInfo;
  }

  /** Bytes ready for `takeOutput()`. */
  get outputLength(): number {
    return this.#output.byteLength;
  }

  /** Bytes received that wait for `next()`. */
  get bytesWaiting(): number {
    return this.#parser.bytesPushed - this.#parser.bytesParsed;
  }

  /** Whether a message is being inflated off the event loop: there are no events until `onReady` is called. */
  get isInflating(): boolean {
    return this.#state !== 'closed' && this.#source.isBusy;
  }

  /** The incomplete message; the same object until it is complete. */
  get messageInProgress(): IncompleteMessage | null {
    return this.#source.messageInProgress;
  }

  /**
   * Whether the transport accepts writes. While it does, each Ping is answered in order; while it does not, the Pong
   * for the latest one waits for `takePong()` (RFC 6455 §5.5.3).
   */
  set isTransportFree(isFree: boolean) {
    this.#isTransportFree = isFree;
  }

  /** Whether `takePong()` has a Pong to return. */
  get owesPong(): boolean {
    return this.#pendingPong !== null;
  }

  /** Adds a chunk as the transport delivered it. The chunk is ours from now on: it is unmasked in place. */
  receive(chunk: Buffer): void {
    if (this.#state !== 'closed') this.#parser.push(chunk);
  }

  /** The next event, or `null` when more bytes are needed. Never throws for what the peer sends. */
  next(): ConnectionEvent | null {
    while (this.#state !== 'closed') {
      try {
        const received = this.#source.next();
        if (received === null) return null;
        const event = this.#handle(received);
        if (event !== null) return event;
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
        this.fail(error);
        return { type: 'error', error };
      }
    }
    return null;
  }

  /**
   * Frames a message, or a fragment of one.
   *
   * @returns `false`, and frames nothing, once a Close frame was sent or the connection has ended (§5.5.1)
   * @throws {TypeError} on bytes sent as text that are not UTF-8
   */
  send(message: OutgoingMessage): boolean {
    if (!message.isBinary && typeof message.data !== 'string' && !isUtf8(message.data)) {
      throw new TypeError('Invalid text message: expected UTF-8');
    }
    if (this.#state !== 'open') return false;
    this.#sender.send(message);
    return true;
  }

  /** Reserves the place of a message; returns what fills it, or `null` if {@link send} would return `false`. */
  sendLater(message: LaterMessage): FillMessage | null {
    return this.#state === 'open' ? this.#sender.sendLater(message) : null;
  }

  /** Sends a message that was framed for many sockets; returns `false` as {@link send} does. */
  sendPrepared(message: PreparedMessage): boolean {
    if (this.#state !== 'open') return false;
    this.#sender.sendPrepared(message);
    return true;
  }

  /**
   * Frames a Ping (§5.5.2).
   *
   * @returns `false`, and frames nothing, if nothing may be sent any more
   * @throws {RangeError} on a payload over 125 bytes
   */
  ping(data: string | Uint8Array = ''): boolean {
    return this.#sendControl(Opcode.Ping, data);
  }

  /** Frames an unsolicited Pong (§5.5.3). The rules are those of `ping()`. */
  pong(data: string | Uint8Array = ''): boolean {
    return this.#sendControl(Opcode.Pong, data);
  }

  /**
   * Begins the closing handshake (§7.1.2). The Close frame follows everything that was sent before it, and messages
   * that arrive afterwards are dropped, unless `messagesAfterClose` is `deliver`. Does nothing once a Close frame was
   * sent.
   *
   * @throws as {@link encodeClosePayload}
   */
  close(code?: number, reason?: string | Uint8Array): void {
    const payload = encodeClosePayload(code, reason);
    if (!this.#move('close-sent')) return;
    this.#bytesAtClose = this.#parser.bytesPushed;
    this.#pushClose(payload);
  }

  /** Fails the connection for a fault of the peer (§7.1.7): sends a Close frame with its code, and stops reading. */
  fail({ closeCode, message }: ProtocolError): void {
    const isCloseSent = this.#state !== 'open';
    const reason = fitReason(message);
    if (!this.#move('failed')) return;
    this.#closeInfo = { code: closeCode, reason, wasClean: false };
    if (!isCloseSent) this.#pushClose(encodeClosePayload(closeCode, reason));
  }

  /** The transport has ended: 1006 without a Close frame from the peer (§7.1.5). @param reason if known */
  endOfStream(reason = ''): void {
    if (this.#move('transport-ended')) this.#closeInfo = { code: CloseCode.Abnormal, reason, wasClean: false };
  }

  /** Frames queued so far. A message sent when this was N has been taken once `framesTaken` is N or more. */
  get framesSent(): number {
    return this.#output.pushed;
  }

  /** Frames taken so far. */
  get framesTaken(): number {
    return this.#output.taken;
  }

  /** Removes and returns the output, in order. */
  takeOutput(): Uint8Array[] {
    return this.#output.take();
  }

  /** A chunk from `takeOutput()` has been copied and will not be read again: its memory may be reused. */
  release(chunk: Uint8Array): void {
    releaseChunk(chunk);
  }

  /** The transport has closed: frees the compressors, and drops output that has not been taken. */
  dispose(): void {
    this.#output.clear();
    this.#source.dispose();
    this.#deflation?.dispose();
  }

  /**
   * Removes and returns the Pong for the latest Ping that arrived while the transport was busy: a peer that pings but
   * does not read has one Pong waiting, not one per Ping (§5.5.3).
   */
  takePong(): Buffer | null {
    const payload = this.#pendingPong;
    this.#pendingPong = null;
    return payload && encodeFrame({ fin: true, rsv1: false, opcode: Opcode.Pong, payload }, this.#role);
  }

  #handle({ opcode, payload }: Received): ConnectionEvent | null {
    switch (opcode) {
      case Opcode.Text:
      case Opcode.Binary:
        if (this.isFinishing && this.#parser.bytesParsed > this.#bytesAtClose) return null;
        return { type: 'message', data: payload, isBinary: opcode === Opcode.Binary };
      case Opcode.Ping:
        if (this.#state === 'open') this.#answerPing(payload);
        return { type: 'ping', data: payload };
      case Opcode.Pong:
        return { type: 'pong', data: payload };
      case Opcode.Close:
        this.#receiveClose(payload);
        return { type: 'close' };
    }
  }

  #answerPing(payload: Buffer): void {
    if (this.#isTransportFree) this.#push(Opcode.Pong, payload);
    // A copy, because it may wait for long and must not keep the chunk that it arrived in.
    else this.#pendingPong = Buffer.from(payload);
  }

  #receiveClose(payload: Buffer): void {
    const { code, reason } = parseClosePayload(payload);
    const isAnswer = this.#state === 'closing-local';
    this.#move('close-received');
    this.#closeInfo = { code, reason, wasClean: true };
    if (!isAnswer) this.#pushClose(payload);
  }

  #move(move: ConnectionMove): boolean {
    const state = stateAfter(this.#state, move);
    if (state === null) return false;
    this.#state = state;
    if (state === 'closed') this.#source.dispose();
    return true;
  }

  #sendControl(opcode: typeof Opcode.Ping | typeof Opcode.Pong, data: string | Uint8Array): boolean {
    const length = typeof data === 'string' ? Buffer.byteLength(data) : data.byteLength;
    if (length > maxControlPayload) {
      throw new RangeError(`Invalid control frame: expected at most ${maxControlPayload} bytes, got ${length}`);
    }
    if (this.#state !== 'open') return false;
    this.#push(opcode, data);
    return true;
  }

  /** Queues the last frame, after the Pong still owed. */
  #pushClose(payload: Uint8Array): void {
    const pong = this.#pendingPong;
    this.#pendingPong = null;
    if (pong !== null) this.#push(Opcode.Pong, pong);
    this.#push(Opcode.Close, payload);
  }

  #push(opcode: ControlOpcode, payload: string | Uint8Array): void {
    this.#output.push({ fin: true, rsv1: false, opcode, payload });
  }
}

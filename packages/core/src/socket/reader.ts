import { CloseCode } from '../close-code.ts';
import { ProtocolError } from '../errors.ts';
import type { ConnectionLimits } from '../limits.ts';
import type { ConnectionEvent } from '../protocol/connection-event.ts';
import type { Connection } from '../protocol/connection.ts';
import { incompleteBudget, unreadBudget, type ByteHolder } from './byte-budget.ts';
import { messageChannel } from './diagnostics.ts';
import { IncompleteMessageHolder } from './incomplete-message-holder.ts';
import { costOf, Inbox, type UnreadMessage } from './inbox.ts';
import { MessageDeadline, type MessageProgress } from './message-deadline.ts';
import type { MessageRate } from './message-rate.ts';
import { TurnShare, type TurnWaiter } from './turn-share.ts';

type MessageEvent = Extract<ConnectionEvent, { type: 'message' }>;

/** What `next()` returns: an event of the connection, or an error of the application's `admit`. */
export type ReaderEvent = ConnectionEvent | { readonly type: 'fault'; readonly error: unknown };

/** Who takes the messages: `message` listeners, or callers of `receive()`. */
export type MessageTaker = 'listeners' | 'receivers';

export type ReaderLimits = Pick<
  ConnectionLimits,
  'maxUnreadMessages' | 'maxUnreadBytes' | 'maxTotalUnreadBytes' | 'maxTotalIncompleteBytes' | 'messageTimeout'
>;

export interface ReaderParts {
  readonly connection: Connection;
  readonly limits: ReaderLimits;
  /** The WebSocket, for `turnout:message`. */
  readonly socket: object;
  /** Asked before each message is delivered, while reading pauses: `false` drops the message. */
  readonly admitMessage: (() => Promise<boolean>) | undefined;
  readonly rate: MessageRate | undefined;
}

/** Informs the owner that there is something to read, or that the peer is at fault; never called during `next()`. */
export interface ReaderOwner extends TurnWaiter {
  fail(error: ProtocolError): void;
}

/** Reasons to return nothing for now: bits, so that one comparison shows that there is none. */
const holds = { paused: 1, admission: 2, rate: 4 } as const;

/**
 * The last stage of the pull chain: decides what is read when. It holds the peer back while the socket is paused, while
 * too much is unread, while the application decides on a message, while the peer is over its rate, and once the socket
 * has used its share of a turn.
 */
export class Reader implements MessageProgress, ByteHolder {
  readonly #connection: Connection;
  readonly #limits: ReaderLimits;
  readonly #socket: object;
  readonly #admitMessage: ReaderParts['admitMessage'];
  readonly #rate: MessageRate | undefined;
  readonly #owner: ReaderOwner;
  readonly #inbox: Inbox;
  readonly #share: TurnShare;
  /** Created when a message first arrives in parts. */
  #deadline: MessageDeadline | undefined;
  #incomplete: IncompleteMessageHolder | undefined;
  /** The message that the application is asked about, until it answers. */
  #asked: MessageEvent | null = null;
  /** The outcome of the application's decision on a message: it is next. */
  #admitted: ReaderEvent | null = null;
  /** Runs while the peer is over its rate. */
  #rateTimer: NodeJS.Timeout | undefined;
  /** Those of {@link holds} that apply. */
  #holds = 0;
  #ignoresMessages = false;
  #isCounted = false;
  #isEnded = false;

  constructor({ connection, limits, socket, admitMessage, rate }: ReaderParts, owner: ReaderOwner) {
    this.#connection = connection;
    this.#limits = limits;
    this.#socket = socket;
    this.#admitMessage = admitMessage;
    this.#rate = rate;
    this.#owner = owner;
    this.#inbox = new Inbox(limits, owner);
    this.#share = new TurnShare(owner);
  }

  get isPaused(): boolean {
    return (this.#holds & holds.paused) !== 0;
  }

  /** Whether more bytes of the peer are wanted. Bytes after the end of the connection are read and dropped. */
  get isReading(): boolean {
    if (this.#connection.state === 'closed') return true;
    return this.#mayGive && !this.isFull && !this.#connection.isInflating;
  }

  /** Whether the application must read messages before more are accepted. */
  get isFull(): boolean {
    return this.#inbox.isFull && !this.#connection.isFinishing;
  }

  get messageInProgress(): Connection['messageInProgress'] {
    return this.#connection.messageInProgress;
  }

  /**
   * The memory of what waits for the application, in bytes: unread messages, and what follows while reading is held.
   */
  get heldBytes(): number {
    if (this.#ignoresMessages) return 0;
    const messages = this.#inbox.byteLength + (this.#asked === null ? 0 : costOf(this.#asked));
    return this.#holds !== 0 || this.isFull ? messages + this.#connection.bytesWaiting : messages;
  }

  get #mayGive(): boolean {
    return this.#holds === 0 && !this.#share.isSpent;
  }

  /**
   * Call it whenever there may be something to read, before `next()`.
   *
   * @param length of the chunk received, in bytes
   */
  begin(length: number): void {
    this.#share.begin(length);
  }

  /** The next event for the listeners; `null` if there is none or it must wait. Keeps the messages for `receive()`. */
  next(taker: MessageTaker): ReaderEvent | null {
    while (this.#mayGive) {
      const event = this.#inbox.isEmpty ? this.#pull() : this.#nextBehind(taker);
      if (event === null) return null;
      this.#share.spend();
      if (event.type !== 'message') return event;
      if (this.#ignoresMessages) continue;
      if (taker === 'listeners') return event;
      this.#inbox.push(event);
    }
    return null;
  }

  /** The next event if there are unread messages. */
  #nextBehind(taker: MessageTaker): ReaderEvent | null {
    const unread = taker === 'listeners' ? this.#inbox.take() : undefined;
    if (unread !== undefined) return { type: 'message', ...unread };
    return this.isFull ? null : this.#pull();
  }

  /** Call it after `next()` returned `null`: counts what is held, and times an incomplete message. */
  settle(): void {
    if (!this.#connection.takesMessages) this.#inbox.end();
    if (this.#isEnded) return;
    const { messageInProgress } = this.#connection;
    if (messageInProgress !== null || this.#incomplete !== undefined) this.#settleIncomplete(messageInProgress);
    this.#countUnread();
  }

  /** Resolves with `read` of the next message, or of `null` if there will be none. */
  receive<Value>(read: (message: UnreadMessage | null) => Value): Promise<Value> {
    const value = this.#inbox.next(read);
    if (this.#inbox.isEmpty) this.#countUnread();
    return value;
  }

  pause(): void {
    this.#holds |= holds.paused;
  }

  resume(): void {
    this.#holds &= ~holds.paused;
  }

  /** Drops the messages received so far and all later ones. */
  ignoreMessages(): void {
    this.#ignoresMessages = true;
    this.#inbox.clear();
    this.#countUnread();
  }

  /** The transport has closed. Received messages can still be read, and no longer count: they hold back no peer. */
  end(): void {
    this.#isEnded = true;
    this.#asked = null;
    this.#admitted = null;
    this.#holds &= ~holds.admission;
    this.#inbox.end();
    this.#deadline?.stop();
    clearTimeout(this.#rateTimer);
    unreadBudget.forget(this);
    if (this.#incomplete !== undefined) incompleteBudget.forget(this.#incomplete);
  }

  shed(total: number): void {
    const { maxTotalUnreadBytes: most } = this.#limits;
    const detail = `${total} bytes are unread, over maxTotalUnreadBytes ${most}`;
    this.ignoreMessages();
    this.#owner.fail(tooMuchHeld('WS_ERR_TOO_MUCH_UNREAD', detail));
  }

  shedIncomplete(total: number): void {
    const { maxTotalIncompleteBytes: most } = this.#limits;
    const detail = `${total} bytes of incomplete messages, over maxTotalIncompleteBytes ${most}`;
    this.#owner.fail(tooMuchHeld('WS_ERR_TOO_MUCH_INCOMPLETE', detail));
  }

  onMessageTimeout(): void {
    const { messageTimeout } = this.#limits;
    this.#deadline?.stop();
    const detail = `not complete within messageTimeout ${messageTimeout} ms plus one second for each KiB`;
    this.#owner.fail(
      new ProtocolError('WS_ERR_MESSAGE_TIMEOUT', CloseCode.PolicyViolation, `Message too slow: ${detail}`),
    );
  }

  /** The next event of the connection, or a message that the application has decided on. */
  #pull(): ReaderEvent | null {
    const admitted = this.#admitted;
    if (admitted !== null) {
      this.#admitted = null;
      return admitted;
    }
    const event = this.#connection.next();
    if (event === null || event.type !== 'message') return event;
    if (this.#rate !== undefined) this.#holdToRate(this.#rate, event.data.length);
    if (messageChannel.hasSubscribers) {
      messageChannel.publish({ socket: this.#socket, data: event.data, isBinary: event.isBinary });
    }
    if (this.#admitMessage === undefined || this.#ignoresMessages) return event;
    this.#asked = event;
    void this.#ask(this.#admitMessage);
    return null;
  }

  #holdToRate(rate: MessageRate, byteLength: number): void {
    const now = performance.now();
    const delay = rate.count(byteLength, now);
    if (delay === 0) return;
    const fault = rate.fault(now);
    this.#holds |= holds.rate;
    this.#rateTimer = setTimeout(
      () => {
        this.#holds &= ~holds.rate;
        if (fault === null) this.#owner.readOn();
        else this.#owner.fail(fault);
      },
      fault === null ? delay : 0,
    );
  }

  async #ask(admitMessage: () => Promise<boolean>): Promise<void> {
    this.#holds |= holds.admission;
    let answer: ReaderEvent | null;
    try {
      answer = (await admitMessage()) ? this.#asked : null;
    } catch (error) {
      answer = { type: 'fault', error };
    }
    if (this.#isEnded) return;
    this.#holds &= ~holds.admission;
    this.#asked = null;
    this.#admitted = answer;
    this.#owner.readOn();
  }

  #settleIncomplete(message: Connection['messageInProgress']): void {
    const { maxTotalIncompleteBytes: most, messageTimeout } = this.#limits;
    this.#incomplete ??= new IncompleteMessageHolder(this);
    if (message === null) this.#deadline?.forget();
    else if (messageTimeout !== Infinity) {
      (this.#deadline ??= new MessageDeadline(messageTimeout, this)).watch(message);
    }
    if (incompleteBudget.count(this.#incomplete, most)) incompleteBudget.relieve(most);
  }

  #countUnread(): void {
    const isHolding = this.#holds !== 0 || !this.#inbox.isEmpty;
    if (this.#isEnded || (!isHolding && !this.#isCounted)) return;
    const { maxTotalUnreadBytes } = this.#limits;
    this.#isCounted = isHolding;
    if (unreadBudget.count(this, maxTotalUnreadBytes)) unreadBudget.relieve(maxTotalUnreadBytes);
  }
}

function tooMuchHeld(code: string, detail: string): ProtocolError {
  return new ProtocolError(code, CloseCode.TryAgainLater, `Too much held for all sockets: ${detail}`);
}

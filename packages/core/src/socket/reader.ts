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

/** What `next()` gives: what the connection gives, and what went wrong as the application was asked. */
export type ReaderEvent = ConnectionEvent | { readonly type: 'fault'; readonly error: unknown };

/** Who takes the messages: `message` listeners, or whoever calls `receive()`. */
export type MessageTaker = 'listeners' | 'receivers';

export type ReaderLimits = Pick<
  ConnectionLimits,
  'maxUnreadMessages' | 'maxUnreadBytes' | 'maxTotalUnread' | 'maxTotalIncomplete' | 'messageTimeout'
>;

export interface ReaderParts {
  readonly connection: Connection;
  readonly limits: ReaderLimits;
  /** The WebSocket, for `turnout:message`. */
  readonly socket: object;
  /** Asked before each message is handed on, while nothing more is read: `false` drops the message. */
  readonly admitMessage: (() => Promise<boolean>) | undefined;
  readonly rate: MessageRate | undefined;
}

/** The owner learns that there is something to read again, or that the peer is at fault: never from within `next()`. */
export interface ReaderOwner extends TurnWaiter {
  fail(error: ProtocolError): void;
}

/** Why nothing is given for now: bits, so that one comparison shows that nothing holds it back. */
const holds = { paused: 1, admission: 2, rate: 4 } as const;

/**
 * The last stage of the pull chain: decides what is read when. It holds the peer back while the socket is paused, while
 * too much is unread, while the application is asked about a message, while the peer is over its rate, and once the
 * socket has had its share of a turn.
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
  /** What the application is asked about, until it answers. */
  #asked: MessageEvent | null = null;
  /** What the application has admitted, or has failed to say: it comes first. */
  #admitted: ReaderEvent | null = null;
  /** Runs while the peer is over its rate. */
  #rateTimer: NodeJS.Timeout | undefined;
  /** Of {@link holds}, those that apply. */
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

  /** Whether more bytes of the peer are wanted. Those behind the end of the connection are read, and dropped. */
  get isReading(): boolean {
    if (this.#connection.state === 'closed') return true;
    return this.#mayGive && !this.isFull && !this.#connection.isInflating;
  }

  /** Whether messages have to be read by the application before any more may come. */
  get isFull(): boolean {
    return this.#inbox.isFull && !this.#connection.isFinishing;
  }

  get messageInProgress(): Connection['messageInProgress'] {
    return this.#connection.messageInProgress;
  }

  /** What waits for the application, in bytes: messages, and what is not read as messages while it holds us back. */
  get heldBytes(): number {
    if (this.#ignoresMessages) return 0;
    const messages = this.#inbox.byteLength + (this.#asked === null ? 0 : costOf(this.#asked));
    return this.#holds !== 0 || this.isFull ? messages + this.#connection.bytesWaiting : messages;
  }

  get #mayGive(): boolean {
    return this.#holds === 0 && !this.#share.isSpent;
  }

  /**
   * To be called whenever there may be something to read, before `next()`.
   *
   * @param length of the chunk that has come, in bytes
   */
  begin(length: number): void {
    this.#share.begin(length);
  }

  /** What is next for the listeners; `null` where nothing is, or it must wait. Keeps what `receive()` takes. */
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

  /** The next event where messages wait to be read. */
  #nextBehind(taker: MessageTaker): ReaderEvent | null {
    const unread = taker === 'listeners' ? this.#inbox.take() : undefined;
    if (unread !== undefined) return { type: 'message', ...unread };
    return this.isFull ? null : this.#pull();
  }

  /** To be called after `next()` gave `null`: counts what is held, and watches over a message that is not whole. */
  settle(): void {
    if (!this.#connection.takesMessages) this.#inbox.end();
    if (this.#isEnded) return;
    const { messageInProgress } = this.#connection;
    if (messageInProgress !== null || this.#incomplete !== undefined) this.#settleIncomplete(messageInProgress);
    this.#countUnread();
  }

  /** What `read` makes of the next message, or of `null` once there will be none. */
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

  /** Drops the messages that have come, and those that come. */
  ignoreMessages(): void {
    this.#ignoresMessages = true;
    this.#inbox.clear();
    this.#countUnread();
  }

  /** The transport is gone. What has come can still be read, and counts no longer: nobody is held back by it. */
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
    const { maxTotalUnread } = this.#limits;
    this.ignoreMessages();
    this.#owner.fail(
      tooMuchHeld('WS_ERR_TOO_MUCH_UNREAD', `${total} bytes wait to be read, over maxTotalUnread ${maxTotalUnread}`),
    );
  }

  shedIncomplete(total: number): void {
    const { maxTotalIncomplete } = this.#limits;
    this.#owner.fail(
      tooMuchHeld(
        'WS_ERR_TOO_MUCH_INCOMPLETE',
        `${total} bytes of incomplete messages, over maxTotalIncomplete ${maxTotalIncomplete}`,
      ),
    );
  }

  onMessageTimeout(): void {
    const { messageTimeout } = this.#limits;
    this.#deadline?.stop();
    const detail = `not complete within messageTimeout ${messageTimeout} ms and a second for each KiB`;
    this.#owner.fail(
      new ProtocolError('WS_ERR_MESSAGE_TIMEOUT', CloseCode.PolicyViolation, `Message too slow: ${detail}`),
    );
  }

  /** The next event of the connection, or of a message that the application was asked about. */
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
    const { maxTotalIncomplete, messageTimeout } = this.#limits;
    this.#incomplete ??= new IncompleteMessageHolder(this);
    if (message === null) this.#deadline?.forget();
    else if (messageTimeout !== Infinity) {
      (this.#deadline ??= new MessageDeadline(messageTimeout, this)).watch(message);
    }
    if (incompleteBudget.count(this.#incomplete, maxTotalIncomplete)) incompleteBudget.relieve(maxTotalIncomplete);
  }

  #countUnread(): void {
    const isHolding = this.#holds !== 0 || !this.#inbox.isEmpty;
    if (this.#isEnded || (!isHolding && !this.#isCounted)) return;
    const { maxTotalUnread } = this.#limits;
    this.#isCounted = isHolding;
    if (unreadBudget.count(this, maxTotalUnread)) unreadBudget.relieve(maxTotalUnread);
  }
}

function tooMuchHeld(code: string, detail: string): ProtocolError {
  return new ProtocolError(code, CloseCode.TryAgainLater, `Too much held for all sockets: ${detail}`);
}

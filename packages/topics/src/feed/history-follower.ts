import { setTimeout } from 'node:timers/promises';
import type { BusMessage, HistoryPage, StoredMessage, TopicWithHistory } from '../bus/broker.ts';
import type { HubContext } from './hub-context.ts';
import { BackOff } from '../bus/back-off.ts';
import { HistoryRing } from '../bus/history-ring.ts';
import type { Position } from '../bus/position.ts';
import { Delivered, isSame } from './delivered.ts';
import type { HistoryPart } from './history-part.ts';
import { Lineage } from './lineage.ts';

export interface FollowerListener {
  onMessage(message: BusMessage, position: Position): void;
  /** Messages are missing and will not arrive. */
  onGap(): void;
  /** The history continues in another epoch, and nothing is missing. */
  onEpoch(epoch: string): void;
  /** Whether the message may be delivered. Counts it if not. */
  isSound(message: BusMessage): boolean;
  /** A message arrived that is not in the history. */
  onForeign(reason: string): void;
}

type Arrived = StoredMessage & { readonly epoch: string };

/**
 * Follows a history from one position on: delivers each message once and in order, even if the bus loses, repeats or
 * reorders messages.
 */
export class HistoryFollower {
  readonly #topic: TopicWithHistory;
  readonly #context: HubContext;
  readonly #listener: FollowerListener;
  /** Null until {@link start} has resolved. */
  #lineage: Lineage | null = null;
  #ring: HistoryRing;
  readonly #delivered = new Delivered();
  /** Messages that arrive while the history is being read; undefined otherwise. */
  #arrived: Arrived[] | undefined = [];
  /** Settles when the current read is finished. */
  #reading: Promise<void> | undefined;
  #isEnded = false;
  /** The position that the broker reported at the last check. */
  #awaited: Position | undefined;
  /** From this offset on the history may hold other messages than those received: the next read compares them. */
  #doubt: { readonly from: number; readonly reason: 'message' | 'loss' } | undefined;

  constructor(topic: TopicWithHistory, context: HubContext, listener: FollowerListener) {
    this.#topic = topic;
    this.#context = context;
    this.#listener = listener;
    this.#ring = new HistoryRing(topic.history, 0);
  }

  /** The position of the last message given to the listener; null before {@link start} has resolved. */
  get position(): Position | null {
    return this.#lineage && { epoch: this.#lineage.epoch, offset: this.#ring.offset };
  }

  /** Begins at the newest message. Call it once messages reach {@link receive}, so that none is missed in between. */
  async start(): Promise<void> {
    const page = await this.#read(Infinity);
    if (this.#isEnded) return;
    this.#begin(page, page.position.offset);
    if (this.#takeArrived()) this.#arrived = undefined;
    else await this.#readUntilWhole();
  }

  /** Takes a message from the bus. */
  receive(received: BusMessage, position: Position): void {
    const { epoch, offset } = position;
    const message = this.#admit(received);
    const isOurs = this.#lineage?.has(position) === true;
    if (this.#arrived !== undefined) {
      // A message that does not fit is read from the history.
      if (this.#arrived.length < this.#topic.history.size) this.#arrived.push({ epoch, offset, message });
    } else if (isOurs && offset === this.#ring.offset + 1) this.#take({ offset, message });
    else if (isOurs && this.#hasCome(message, offset)) this.#context.counts.duplicates++;
    else if (isOurs && offset <= this.#ring.offset) {
      this.#doubt = { from: offset, reason: 'message' };
      this.#synchronize([]);
    } else this.#synchronize([{ epoch, offset, message }]);
  }

  /** Reads missing messages after the broker was lost. A server that took over may have a different last message. */
  catchUp(): void {
    if (this.#lineage === null) return;
    this.#doubt ??= { from: this.#ring.offset, reason: 'loss' };
    if (this.#arrived === undefined) this.#synchronize([]);
  }

  /**
   * Asks for the newest position of the history. If the position of the previous check has still not been received,
   * reads the missing messages: when the bus loses the last message, no later one reveals the gap.
   */
  async verify(): Promise<void> {
    if (this.#lineage === null || this.#arrived !== undefined) return;
    if (this.#awaited !== undefined && this.#lacks(this.#awaited)) {
      this.#awaited = undefined;
      return this.#synchronize([]);
    }
    const page = await this.#context.reads.read(this.#topic, Infinity).catch(() => null);
    this.#awaited = page === null ? undefined : page.position;
  }

  end(): void {
    this.#isEnded = true;
  }

  /** Reads the messages after a position, for {@link joinRecent}; `null` if the position is not in this history. */
  async readSince(since: Position): Promise<HistoryPart | null> {
    if (this.#lacks(since)) await this.#catchUpTo(since);
    if (this.#lineage === null || this.#lacks(since)) return null;
    const { offset } = since;
    if (this.recentSince(since) !== null) return { lineage: this.#lineage, offset, messages: [] };
    const page = await this.#read(offset);
    return { lineage: new Lineage(page), offset, messages: page.messages };
  }

  /** Reads the whole history, for {@link joinRecent}. */
  async readKept(): Promise<HistoryPart> {
    const page = await this.#read(0);
    const { position, messages } = page;
    const offset = (messages[0]?.offset ?? position.offset + 1) - 1;
    return { lineage: new Lineage(page), offset, messages };
  }

  /** Appends the messages received since the read, up to the current position; `null` if some of them are gone. */
  joinRecent({ lineage, offset, messages: read }: HistoryPart): readonly StoredMessage[] | null {
    const last = { epoch: lineage.epoch, offset: read.at(-1)?.offset ?? offset };
    // Either may be ahead of the other.
    const isShared = this.#lineage?.has(last) === true || this.#isIn(lineage);
    if (!isShared || (read.length > 0 && read[0]!.offset !== offset + 1)) return null;
    const end = this.#ring.offset;
    // The read may be ahead of the messages received: the rest follows live.
    const messages = read.filter((stored) => stored.offset <= end);
    const rest = this.#ring.after(messages.at(-1)?.offset ?? Math.min(offset, end));
    return rest && [...messages, ...rest];
  }

  /** The messages received after a position; `null` if it is not in this history, or some of them are not held here. */
  recentSince(position: Position): readonly StoredMessage[] | null {
    return this.#lineage?.has(position) === true ? this.#ring.after(position.offset) : null;
  }

  /** Whether everything delivered so far is in another state of the history. */
  #isIn(lineage: Lineage): boolean {
    return this.position !== null && lineage.has(this.position);
  }

  #lacks(position: Position): boolean {
    return this.#lineage?.has(position) !== true || position.offset > this.#ring.offset;
  }

  /** The position came from a node that was ahead of this one. */
  async #catchUpTo(since: Position): Promise<void> {
    const page = await this.#read(Infinity);
    if (!new Lineage(page).hasReached(since) || this.#isEnded) return;
    if (this.#arrived === undefined) this.#synchronize([]);
    await this.#reading;
  }

  /** @param offset the offset before the first message to take */
  #begin(page: HistoryPage, offset: number): void {
    this.#lineage = new Lineage(page);
    this.#ring = new HistoryRing(this.#topic.history, offset);
  }

  #continueIn(lineage: Lineage): void {
    const isOther = lineage.epoch !== this.#lineage?.epoch;
    this.#lineage = lineage;
    if (isOther) this.#listener.onEpoch(lineage.epoch);
  }

  #take(stored: StoredMessage): void {
    this.#ring.push(stored);
    this.#delivered.note(stored.message);
    this.#listener.onMessage(stored.message, this.position!);
  }

  /** After failover to a lagging replica, offsets are reused: same offset, different message. */
  #hasCome(message: BusMessage, offset: number): boolean {
    if (offset > this.#ring.offset) return false;
    const known = this.#ring.after(offset - 1)?.[0]?.message;
    return known === undefined || isSame(known, message);
  }

  /** Replaces a message that may not be delivered by a mark, so that the offsets stay consecutive. */
  #admit(message: BusMessage): BusMessage {
    return this.#listener.isSound(message) ? message : { ...message, data: '', mark: true };
  }

  #admitAll(messages: readonly StoredMessage[]): StoredMessage[] {
    return messages.map(({ offset, message }) => ({ offset, message: this.#admit(message) }));
  }

  /** Retries until the broker answers, as a caller waits for the result. */
  async #read(since: number): Promise<HistoryPage> {
    const page = await this.#context.reads.readPatiently(this.#topic, since, () => !this.#isEnded);
    return { ...page, messages: this.#admitAll(page.messages) };
  }

  #synchronize(arrived: Arrived[]): void {
    this.#arrived = arrived;
    this.#reading = this.#readUntilWhole();
  }

  async #readUntilWhole(): Promise<void> {
    const backOff = new BackOff();
    while (!this.#isEnded) {
      const before = this.position;
      // oxlint-disable-next-line no-await-in-loop -- a page is read where the one before it ends
      const isRead = await this.#readMissing();
      if (isRead && this.#takeArrived()) break;
      // Once the broker is back, it is read again.
      if (!isRead && this.#context.isBrokerLost) break;
      if (this.#hasAdvanced(before)) backOff.succeed();
      // oxlint-disable-next-line no-await-in-loop -- a pause
      else await setTimeout(backOff.fail(), undefined, { ref: false });
    }
    this.#arrived = undefined;
  }

  /** A page that brings nothing must not be read again at once: the next one may be the same. */
  #hasAdvanced(before: Position | null): boolean {
    return before?.epoch === this.#lineage?.epoch && this.#ring.offset > (before?.offset ?? Infinity);
  }

  /** @returns whether the broker has answered */
  async #readMissing(): Promise<boolean> {
    const doubt = this.#doubt;
    const heard = this.#arrived!.length;
    const since = doubt === undefined ? this.#ring.offset : Math.max(0, doubt.from - 1);
    const page = await this.#readAfter(since).catch(() => null);
    if (page === null || this.#isEnded) return false;
    const { position } = page;
    const lineage = new Lineage(page);
    const read = this.#admitAll(page.messages);
    // A message that arrived before the read, and is not in what was read, is not in the history.
    this.#arrived = this.#arrived!.filter((stored, index) => index >= heard || lineage.hasReached(stored));
    const isOther = !this.#isIn(lineage) || this.#contradicts(read);
    const messages = isOther ? this.#change(page, read) : read.filter(({ offset }) => offset > this.#ring.offset);
    if (isOther) this.#listener.onGap();
    else if (this.#isNext(position, messages)) {
      this.#continueIn(lineage);
      if (doubt?.reason === 'message') this.#listener.onForeign('message was never in the history');
    } else {
      this.#begin(page, (messages[0]?.offset ?? position.offset + 1) - 1);
      this.#listener.onGap();
    }
    if (this.#doubt === doubt) this.#doubt = undefined;
    for (const stored of messages) this.#take(stored);
    return true;
  }

  /**
   * Switches to another history, which may hold messages of the previous one under a new epoch.
   *
   * @returns the messages after the last delivered one, so that none is delivered twice
   */
  #change(page: HistoryPage, read: readonly StoredMessage[]): readonly StoredMessage[] {
    const isNew = page.position.epoch !== this.#lineage?.epoch;
    const count = this.#delivered.countIn(read, { held: this.#ring.all(), isNew });
    this.#begin(page, (read[0]?.offset ?? page.position.offset + 1) - 1);
    for (const stored of read.slice(0, count)) this.#ring.push(stored);
    return read.slice(count);
  }

  /** Whether the messages read directly follow the last one received. */
  #isNext({ offset }: Position, messages: readonly StoredMessage[]): boolean {
    const last = this.#ring.offset;
    return messages[0] === undefined ? offset === last : messages[0].offset === last + 1;
  }

  /** Whether a message read again differs from the one received at that offset. */
  #contradicts(read: readonly StoredMessage[]): boolean {
    return read.some(({ offset, message }) => offset <= this.#ring.offset && !this.#hasCome(message, offset));
  }

  /** Reads the whole history if it was started from scratch. */
  async #readAfter(offset: number): Promise<HistoryPage> {
    const { reads } = this.#context;
    const page = await reads.read(this.#topic, offset);
    return this.#isIn(new Lineage(page)) ? page : reads.read(this.#topic, 0);
  }

  /** Takes the messages that arrived during the read; `false` if some before them are missing. */
  #takeArrived(): boolean {
    const arrived = this.#arrived!;
    for (let stored = arrived[0]; stored !== undefined; stored = arrived[0]) {
      if (this.#lineage?.has(stored) !== true || stored.offset > this.#ring.offset + 1) return false;
      arrived.shift();
      if (stored.offset === this.#ring.offset + 1) this.#take(stored);
      else if (!this.#hasCome(stored.message, stored.offset)) {
        this.#doubt = { from: stored.offset, reason: 'message' };
        return false;
      }
    }
    return true;
  }
}

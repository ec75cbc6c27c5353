import { setTimeout } from 'node:timers/promises';
import type { BrokerTopic, BusMessage, HistoryPage, StoredMessage } from '../bus/broker.ts';
import type { HubContext } from './hub-context.ts';
import { HistoryRing } from '../bus/history-ring.ts';
import { RecentPublishers } from './recent-publishers.ts';
import type { Position } from '../bus/position.ts';

/** Messages that follow each other, read from a history. */
export interface HistoryPart {
  readonly epoch: string;
  /** Of the message before the first. */
  readonly offset: number;
  readonly messages: readonly StoredMessage[];
}

export interface FollowerListener {
  onMessage(message: BusMessage, position: Position): void;
  /** Messages are missing, and will not come. */
  onGap(): void;
  /** Whether it may be passed on. Where it may not, that is counted. */
  isSound(message: BusMessage): boolean;
  /** Something has come that is not of the history. */
  onForeign(reason: string): void;
}

type Arrived = StoredMessage & { readonly epoch: string };

/** How long, in ms, until a history that could not be read is asked for again. */
const readAgainAfter = 200;

/**
 * Follows a history from one position on: each message once and in order, whatever the bus has lost, doubled or
 * reordered.
 */
export class HistoryFollower {
  readonly #topic: BrokerTopic;
  readonly #context: HubContext;
  readonly #listener: FollowerListener;
  #epoch: string | null = null;
  #ring: HistoryRing;
  /** The last sequence of each publisher, whatever has become of the history since. */
  readonly #delivered = new RecentPublishers<number>();
  /** While the history is being read: what comes meanwhile. */
  #arrived: Arrived[] | undefined = [];
  /** Settles when nothing is being read any more. */
  #reading: Promise<void> | undefined;
  #isEnded = false;
  /** Newest position that the broker has reported while it had not been received yet. */
  #awaited: Position | undefined;
  /** From here on the history may hold other messages than those that have come: they are compared when it is read. */
  #doubt: { readonly from: number; readonly reason: 'message' | 'loss' } | undefined;

  constructor(topic: BrokerTopic, context: HubContext, listener: FollowerListener) {
    this.#topic = topic;
    this.#context = context;
    this.#listener = listener;
    this.#ring = new HistoryRing(topic.history!, 0);
  }

  /** Up to where messages have been given to the listener; null before {@link start} has resolved. */
  get position(): Position | null {
    return this.#epoch === null ? null : { epoch: this.#epoch, offset: this.#ring.offset };
  }

  /** Begins at the newest message. To be called once {@link receive} is, so that none comes between. */
  async start(): Promise<void> {
    const { position } = await this.#read(Infinity);
    if (this.#isEnded) return;
    this.#begin(position);
    if (this.#takeArrived()) this.#arrived = undefined;
    else await this.#readUntilWhole();
  }

  /** Takes what the bus has brought. */
  receive(received: BusMessage, { epoch, offset }: Position): void {
    const message = this.#admit(received);
    if (this.#arrived !== undefined) {
      // What has no room is read.
      if (this.#arrived.length < this.#topic.history!.size) this.#arrived.push({ epoch, offset, message });
    } else if (epoch === this.#epoch && offset === this.#ring.offset + 1) this.#take({ offset, message });
    else if (epoch === this.#epoch && this.#hasCome(message, offset)) this.#context.counts.duplicates++;
    else if (epoch === this.#epoch && offset <= this.#ring.offset) {
      this.#doubt = { from: offset, reason: 'message' };
      this.#synchronize([]);
    } else this.#synchronize([{ epoch, offset, message }]);
  }

  /** Reads what is missing, after a loss of the broker. A server that took over may have another last message. */
  catchUp(): void {
    if (this.#epoch === null) return;
    this.#doubt ??= { from: this.#ring.offset, reason: 'loss' };
    if (this.#arrived === undefined) this.#synchronize([]);
  }

  /**
   * Asks how far the history is, and reads what was there the last time and still has not come: a last message that the
   * bus has lost is followed by none that would show it.
   */
  async verify(): Promise<void> {
    if (this.#epoch === null || this.#arrived !== undefined) return;
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

  /** Reads what came after a position, for {@link joinRecent}; `null` where it is none of this history. */
  async readSince(since: Position): Promise<HistoryPart | null> {
    if (this.#lacks(since)) await this.#catchUpTo(since);
    if (this.#lacks(since)) return null;
    const { epoch, offset } = since;
    if (this.recentSince({ epoch, offset }) !== null) return { epoch, offset, messages: [] };
    const { position, messages } = await this.#read(offset);
    return { epoch: position.epoch, offset, messages };
  }

  /** Reads all that is kept, for {@link joinRecent}. */
  async readKept(): Promise<HistoryPart> {
    const { position, messages } = await this.#read(0);
    return { epoch: position.epoch, offset: (messages[0]?.offset ?? position.offset + 1) - 1, messages };
  }

  /** Joins what was read to what has come since, up to the position of now; `null` where some of it is gone. */
  joinRecent({ epoch, offset, messages: read }: HistoryPart): readonly StoredMessage[] | null {
    if (epoch !== this.#epoch || (read.length > 0 && read[0]!.offset !== offset + 1)) return null;
    const end = this.#ring.offset;
    // What was read may be ahead of what has come: that follows live.
    const messages = read.filter((stored) => stored.offset <= end);
    const rest = this.#ring.after(messages.at(-1)?.offset ?? Math.min(offset, end));
    return rest && [...messages, ...rest];
  }

  /** What has come since a position; `null` where it is none of this history, or some of it is not held here. */
  recentSince({ epoch, offset }: Position): readonly StoredMessage[] | null {
    return epoch === this.#epoch ? this.#ring.after(offset) : null;
  }

  #lacks({ epoch, offset }: Position): boolean {
    return epoch !== this.#epoch || offset > this.#ring.offset;
  }

  /** Another node was ahead of this one. */
  async #catchUpTo({ epoch, offset }: Position): Promise<void> {
    const { position } = await this.#read(Infinity);
    if (position.epoch !== epoch || position.offset < offset || this.#isEnded) return;
    if (this.#arrived === undefined) this.#synchronize([]);
    await this.#reading;
  }

  #begin({ epoch, offset }: Position): void {
    this.#epoch = epoch;
    this.#ring = new HistoryRing(this.#topic.history!, offset);
  }

  #take(stored: StoredMessage): void {
    this.#ring.push(stored);
    // One that does not count tells nothing of what it published before.
    const { origin, sequence } = stored.message;
    if (sequence > 0) this.#delivered.set(origin, sequence);
    this.#listener.onMessage(stored.message, { epoch: this.#epoch!, offset: stored.offset });
  }

  /** After failover to a lagging replica offsets are used again: the same offset, another message. */
  #hasCome(message: BusMessage, offset: number): boolean {
    if (offset > this.#ring.offset) return false;
    const known = this.#ring.after(offset - 1)?.[0]?.message;
    return known === undefined || isSame(known, message);
  }

  /** What may not be passed on leaves a mark, so that the offsets still follow each other. */
  #admit(message: BusMessage): BusMessage {
    return this.#listener.isSound(message) ? message : { ...message, data: '', mark: true };
  }

  #admitAll(messages: readonly StoredMessage[]): StoredMessage[] {
    return messages.map(({ offset, message }) => ({ offset, message: this.#admit(message) }));
  }

  /** For who waits for it: until the broker answers. */
  async #read(since: number): Promise<HistoryPage> {
    const page = await this.#context.reads.readPatiently(this.#topic, since, () => !this.#isEnded);
    return { ...page, messages: this.#admitAll(page.messages) };
  }

  #synchronize(arrived: Arrived[]): void {
    this.#arrived = arrived;
    this.#reading = this.#readUntilWhole();
  }

  async #readUntilWhole(): Promise<void> {
    while (!this.#isEnded) {
      // oxlint-disable-next-line no-await-in-loop -- a page is read where the one before it ends
      const isRead = await this.#readMissing();
      if (isRead && this.#takeArrived()) break;
      // It is read once the broker is back.
      if (!isRead && this.#context.isBrokerLost) break;
      // oxlint-disable-next-line no-await-in-loop -- a pause
      if (!isRead) await setTimeout(readAgainAfter, undefined, { ref: false });
    }
    this.#arrived = undefined;
  }

  /** @returns whether the broker has answered */
  async #readMissing(): Promise<boolean> {
    const doubt = this.#doubt;
    const heard = this.#arrived!.length;
    const since = doubt === undefined ? this.#ring.offset : Math.max(0, doubt.from - 1);
    const page = await this.#readAfter(since).catch(() => null);
    if (page === null || this.#isEnded) return false;
    const { position } = page;
    const read = this.#admitAll(page.messages);
    // What was said to be there, and is not, did not come from the history.
    this.#arrived = this.#arrived!.filter((stored, index) => index >= heard || stored.offset <= position.offset);
    const isOther = position.epoch !== this.#epoch || this.#contradicts(read);
    const messages = isOther ? this.#change(position, read) : read.filter(({ offset }) => offset > this.#ring.offset);
    if (isOther) this.#listener.onGap();
    else if (!this.#isNext(position, messages)) {
      this.#begin({ ...position, offset: messages[0] === undefined ? position.offset : messages[0].offset - 1 });
      this.#listener.onGap();
    } else if (doubt?.reason === 'message') this.#listener.onForeign('message was never in the history');
    if (this.#doubt === doubt) this.#doubt = undefined;
    for (const stored of messages) this.#take(stored);
    return true;
  }

  /**
   * Goes over to another history, which may hold messages of the one before, in an epoch of its own.
   *
   * @returns those behind the last that was delivered: none comes twice
   */
  #change(position: Position, read: readonly StoredMessage[]): readonly StoredMessage[] {
    const old = read.slice(0, this.#lastOld(position, read) + 1);
    this.#begin({ ...position, offset: read[0] === undefined ? position.offset : read[0].offset - 1 });
    for (const stored of old) this.#ring.push(stored);
    return read.slice(old.length);
  }

  /**
   * The index of the last message that was delivered; where none of another epoch was, of the last that may have been.
   */
  #lastOld({ epoch }: Position, read: readonly StoredMessage[]): number {
    const held = this.#ring.all();
    const last = read.findLastIndex(({ message }) => held.some((stored) => isSame(stored.message, message)));
    if (last !== -1 || epoch === this.#epoch) return last;
    // Its publisher has gone on since what was delivered of it.
    const isNew = ({ origin, sequence }: BusMessage): boolean => sequence > (this.#delivered.get(origin) ?? Infinity);
    return read.findLastIndex(({ message }) => !isNew(message));
  }

  /** Whether what was read follows what has come. */
  #isNext({ offset }: Position, messages: readonly StoredMessage[]): boolean {
    const last = this.#ring.offset;
    return messages[0] === undefined ? offset === last : messages[0].offset === last + 1;
  }

  /** Whether any of what was read again is another message than the one that has come. */
  #contradicts(read: readonly StoredMessage[]): boolean {
    return read.some(({ offset, message }) => offset <= this.#ring.offset && !this.#hasCome(message, offset));
  }

  /** Of a history that has begun anew, all. */
  async #readAfter(offset: number): Promise<HistoryPage> {
    const { reads } = this.#context;
    const page = await reads.read(this.#topic, offset);
    return page.position.epoch === this.#epoch ? page : reads.read(this.#topic, 0);
  }

  /** Takes what came while the history was read; `false` where some is missing before it. */
  #takeArrived(): boolean {
    const arrived = this.#arrived!;
    for (let stored = arrived[0]; stored !== undefined; stored = arrived[0]) {
      if (stored.epoch !== this.#epoch || stored.offset > this.#ring.offset + 1) return false;
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

function isSame(one: BusMessage, other: BusMessage): boolean {
  return one.origin === other.origin && one.sequence === other.sequence;
}

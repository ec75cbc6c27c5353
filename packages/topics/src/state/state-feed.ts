import { setTimeout as delay } from 'node:timers/promises';
import { BackOff } from '../bus/back-off.ts';
import type { BrokerTopic, BusMessage } from '../bus/broker.ts';
import type { Position } from '../bus/position.ts';
import { decodeStateNews, versionOf } from '../bus/state-news.ts';
import type { StateSnapshot } from '../bus/state-store.ts';
import { Feed } from '../feed/feed.ts';
import type { HubContext } from '../feed/hub-context.ts';
import { Replica } from './replica.ts';

export interface StateFeedParts {
  readonly topic: BrokerTopic;
  readonly context: HubContext;
  /** Whether what is loaded is the state exactly as of the position that comes with it. */
  readonly isExact: boolean;
  /** Reads the whole state, as it is at this position or later. */
  load(position: Position): Promise<StateSnapshot>;
  /** The replica has changed, or has another position. */
  onChange(): void;
}

/** `again`: what is being loaded may be out of date, and is loaded once more. */
type Phase = 'closed' | 'loading' | 'again' | 'live';

interface Arrived {
  readonly message: BusMessage;
  readonly position: Position;
}

/**
 * Keeps this node's replica of a state up to date: loads it, applies each change in order, and loads it again whenever
 * changes were missed.
 */
export class StateFeed {
  readonly replica: Replica;
  readonly #parts: StateFeedParts;
  readonly #feed: Feed;
  #users = 0;
  #phase: Phase = 'closed';
  #opened: Promise<void> | undefined;
  /** How often it was opened: what an earlier opening has begun is of no use to a later one. */
  #openings = 0;
  /** Changes that came while the state was being loaded. */
  #arrived: Arrived[] = [];

  constructor(parts: StateFeedParts) {
    this.#parts = parts;
    this.replica = new Replica(parts.isExact);
    this.#feed = new Feed(parts.topic, parts.context, {
      onMessage: (message, position) => this.#onMessage(message, position),
      onGap: () => this.#reload(),
      check: decodeStateNews,
    });
  }

  get feed(): Feed {
    return this.#feed;
  }

  /**
   * Once it resolves, the replica is loaded and kept up to date. Call {@link release} exactly once per `hold()`, even
   * if it rejects.
   *
   * @throws {TopicError} (rejects) if the broker cannot be reached
   */
  hold(): Promise<void> {
    this.#users++;
    return (this.#opened ??= this.#open());
  }

  release(): void {
    this.#users--;
    if (this.#users === 0 && this.#opened !== undefined) this.#close();
  }

  #close(): void {
    this.#phase = 'closed';
    this.#openings++;
    this.#opened = undefined;
    this.#arrived = [];
    this.#feed.release();
  }

  /** The broker was lost and is back: a server that took over may lack changes that no node has received. */
  onRestored(): void {
    this.#feed.onRestored();
    this.#reload();
  }

  async #open(): Promise<void> {
    const opening = ++this.#openings;
    try {
      await this.#feed.hold();
    } catch (error) {
      // The next `hold()` tries again.
      if (opening === this.#openings) this.#close();
      throw error;
    }
    if (opening === this.#openings) await this.#load();
  }

  #onMessage(message: BusMessage, position: Position | null): void {
    // A state has a history, so each message has a position.
    if (position === null || this.#phase === 'closed') return;
    if (this.#phase !== 'live') this.#arrived.push({ message, position });
    else {
      this.#apply({ message, position });
      this.#parts.onChange();
    }
  }

  #reload(): void {
    if (this.#phase === 'live') void this.#load();
    else if (this.#phase === 'loading') this.#phase = 'again';
  }

  async #load(): Promise<void> {
    let hasBegun = false;
    while (!hasBegun) {
      this.#phase = 'loading';
      // oxlint-disable-next-line no-await-in-loop -- one attempt after the other
      const snapshot = await this.#loadPatiently();
      if (snapshot === undefined) return;
      hasBegun = this.#begin(snapshot);
    }
  }

  /** @returns `false` if the snapshot may be out of date */
  #begin({ position, entries }: StateSnapshot): boolean {
    if (this.#phase === 'again') return false;
    this.replica.load(position, entries);
    this.#phase = 'live';
    for (const arrived of this.#arrived.splice(0)) this.#apply(arrived);
    this.#parts.onChange();
    return true;
  }

  /** Until it succeeds; undefined if the state is no longer held. Each failure is reported. */
  async #loadPatiently(): Promise<StateSnapshot | undefined> {
    const { context } = this.#parts;
    const opening = this.#openings;
    const backOff = new BackOff();
    while (opening === this.#openings && !context.isClosed) {
      const { position } = this.#feed;
      try {
        // oxlint-disable-next-line no-await-in-loop -- one attempt after the other
        const snapshot = position && (await this.#parts.load(position));
        if (opening !== this.#openings) return undefined;
        if (snapshot !== null) return snapshot;
      } catch (error) {
        context.call(() => {
          throw error;
        });
      }
      // oxlint-disable-next-line no-await-in-loop -- a pause
      await delay(backOff.fail(), undefined, { ref: false });
    }
    return undefined;
  }

  #apply({ message, position }: Arrived): void {
    const { replica } = this;
    const known = replica.position;
    // The snapshot was read later than this message was published, or the history has started from scratch.
    if (known?.epoch === position.epoch && position.offset <= known.offset) return;
    if (known?.epoch !== position.epoch) return this.#reload();
    const news = decodeStateNews(message.data);
    const isOwn = message.origin.startsWith(`${this.#parts.context.id}.`);
    const version = versionOf(news) ?? position.offset;
    if (news.type === 'set') replica.set({ key: news.key, value: news.value, version }, position);
    else if (news.type === 'delete') replica.delete(news.key, version, position);
    else {
      replica.moveTo(position);
      // The node that has just loaded it tells the others.
      if (!isOwn) this.#reload();
    }
  }
}

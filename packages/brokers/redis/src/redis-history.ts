import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { BrokerTopic, HistoryOptions, Position, StoredEntry } from '@turnout/topics';
import { hashSlot } from './hash-slot.ts';
import { beginScript, inboxScript, readScript, settleScript, unsettled, useScript } from './history-scripts.ts';
import type { HistoryEnd, KnownPositions } from './known-positions.ts';
import { optionsQuestion } from './outside-message.ts';
import type { Argument, RedisConnections } from './redis-connections.ts';
import { isFull, isRefusal, messageOf } from './redis-errors.ts';
import type { HistoryKeys } from './redis-names.ts';
import { publishScript, renewScript, repairScript, takeInboxScript } from './write-scripts.ts';

/** A topic with history. */
export interface KeptTopic extends BrokerTopic {
  readonly history: HistoryOptions;
}

export function isKept(topic: BrokerTopic): topic is KeptTopic {
  return topic.history !== null;
}

export interface RedisPage extends HistoryEnd {
  /** The offset up to which it has read. */
  readonly end: number;
  readonly entries: readonly StoredEntry[];
  /** The number of foreign entries. */
  readonly foreign: number;
}

/** An item of an inbox, and the message to store for it; undefined to drop it. */
export interface InboxItem {
  readonly raw: Buffer;
  readonly message: Buffer | undefined;
}

export interface Taken {
  /** How many foreign entries were in the way. */
  readonly foreign: number;
  readonly items: readonly InboxItem[];
}

/** How long, in ms, other nodes may take to answer that they use the options of a history. */
const answerTime = 300;

/** Whether a history has options that may no longer be in use: see {@link RedisHistory.settle}. */
export function isUnsettled(error: unknown): boolean {
  return messageOf(error).includes(unsettled);
}

/** The histories in Redis, over the current connections. */
export class RedisHistory {
  readonly #connections: RedisConnections;
  readonly #known: KnownPositions;

  constructor(connections: RedisConnections, known: KnownPositions) {
    this.#connections = connections;
    this.#known = known;
  }

  /** Ensures that a read of a history that has not started finds an epoch without writing one. */
  async begin(): Promise<void> {
    const { sharedEpochs } = this.#connections.names;
    if (sharedEpochs === undefined) return;
    try {
      await this.#connections.run(beginScript, [sharedEpochs], [randomUUID()]);
    } catch (error) {
      // Topics without history need no keys; a script replaces a key of the wrong type.
      const isWrong = messageOf(error).startsWith('WRONGTYPE');
      if (!isRefusal(error) && !isFull(error) && !isWrong) throw error;
    }
  }

  /**
   * Stores and publishes a message.
   *
   * @returns how many foreign entries were in the way
   */
  async publish(topic: KeptTopic, bytes: Buffer): Promise<number> {
    const { position, stream, epochs } = this.#keys(topic);
    const parameters = [...this.#storing(topic), bytes];
    const answer = await this.#connections.run(publishScript, [position, stream, epochs], parameters);
    const [epoch, offset, foreign, isHeard] = answer as [Buffer, Buffer, number, number];
    this.#known.note(topic.name, { epoch: String(epoch), offset: Number(offset) });
    if (isHeard === 0) this.#announce(topic, [Buffer.from(`${String(epoch)}:${String(offset)}:`), bytes]);
    return foreign;
  }

  /**
   * Ensures that the history has the options of this node.
   *
   * @param subscribed how often this node is certainly subscribed
   * @param isJoined whether this node is subscribed or about to be
   * @throws {Error} (rejects) if other nodes use other options
   */
  async settle(topic: KeptTopic, subscribed: 0 | 1, isJoined: boolean): Promise<void> {
    if (await this.#settle(topic, subscribed, isJoined ? 'ask' : 'refuse')) return;
    const { names } = this.#connections;
    await this.#connections.publish(names.channel(topic), Buffer.from(optionsQuestion));
    await delay(answerTime, undefined, { ref: false });
    await this.#settle(topic, subscribed, 'take');
  }

  /** Answers a node that asks who uses the options of the history. */
  async use(topic: KeptTopic): Promise<void> {
    const { position, stream, epochs } = this.#keys(topic);
    await this.#connections.run(useScript, [position, stream, epochs], this.#options(topic));
  }

  /**
   * @param after an offset; `Infinity` for only the position
   * @param options whether to reject if the history has other options than this node's: `own`
   */
  async read(topic: KeptTopic, after: number, options: 'own' | 'any'): Promise<RedisPage> {
    const { position, stream, epochs } = this.#keys(topic);
    const parameters = [...this.#options(topic), after === Infinity ? 'inf' : String(after), options];
    const answer = await this.#connections.run(readScript, [position, stream, epochs], parameters);
    const [epoch, offset, foreign, end, former, ...rest] = answer as [Buffer, Buffer, number, Buffer, ...Buffer[]];
    const entries: StoredEntry[] = [];
    for (let index = 0; index + 1 < rest.length; index += 2) {
      entries.push({ offset: Number(rest[index]), bytes: rest[index + 1] ?? Buffer.alloc(0) });
    }
    const found = { position: { epoch: String(epoch), offset: Number(offset) }, former: parseFormer(String(former)) };
    if (this.#known.exceeds(topic.name, found)) {
      await this.#renew(topic);
      return this.read(topic, after, options);
    }
    this.#known.note(topic.name, found.position);
    return { ...found, end: Number(end), entries, foreign };
  }

  /** @returns how many foreign entries it has removed */
  async repair(topic: KeptTopic): Promise<number> {
    const { position, stream, epochs } = this.#keys(topic);
    return (await this.#connections.run(repairScript, [position, stream, epochs], this.#storing(topic))) as number;
  }

  /** The first messages that other programs have put into the inbox. */
  async inbox(topic: KeptTopic): Promise<Buffer[]> {
    const { inbox } = this.#keys(topic);
    return (await this.#connections.run(inboxScript, [inbox], [])) as Buffer[];
  }

  /** Stores and publishes the items read, except those that another node has already taken: each exactly once. */
  async takeInbox(topic: KeptTopic, items: readonly InboxItem[]): Promise<Taken> {
    const { position, stream, epochs, inbox } = this.#keys(topic);
    const pairs = items.flatMap(({ raw, message }) => [raw, message ?? '']);
    const parameters = [...this.#storing(topic), ...pairs];
    const answer = await this.#connections.run(takeInboxScript, [position, stream, epochs, inbox], parameters);
    const [foreign, taken, unheard] = answer as [number, number, Buffer[]];
    for (const bytes of unheard) this.#announce(topic, [bytes]);
    return { foreign, items: items.slice(0, taken) };
  }

  async #settle(topic: KeptTopic, subscribed: 0 | 1, withOthers: 'refuse' | 'ask' | 'take'): Promise<boolean> {
    const { position, stream, epochs } = this.#keys(topic);
    const { names, isSharded } = this.#connections;
    const count = isSharded ? 'SHARDNUMSUB' : 'NUMSUB';
    const parameters = [...this.#options(topic), names.channel(topic), count, String(subscribed), withOthers];
    return (await this.#connections.run(settleScript, [position, stream, epochs], parameters)) === 1;
  }

  /** A new epoch, so that clients' positions of lost messages are not valid in what follows. */
  async #renew(topic: KeptTopic): Promise<void> {
    const { position, stream, epochs } = this.#keys(topic);
    const parameters = [...this.#options(topic), ...this.#newest(topic)];
    await this.#connections.run(renewScript, [position, stream, epochs], parameters);
    this.#known.forget(topic.name);
  }

  #newest({ name }: KeptTopic): Argument[] {
    const { epoch, offset } = this.#known.get(name) ?? { epoch: '', offset: 0 };
    return [epoch, String(offset)];
  }

  /**
   * While a slot is being moved, a message stored at the new master must be published at the old one. A lost one is
   * read later.
   */
  #announce(topic: KeptTopic, parts: readonly Buffer[]): void {
    this.#connections.publish(this.#connections.names.channel(topic), Buffer.concat(parts)).catch(() => {});
  }

  #keys(topic: KeptTopic): HistoryKeys {
    return this.#connections.names.keys(topic);
  }

  #options({ name, history: { size, ttl } }: KeptTopic): Argument[] {
    return [randomUUID(), String(hashSlot(name)), String(size), String(ttl)];
  }

  #storing(topic: KeptTopic): Argument[] {
    const { names, isSharded } = this.#connections;
    const publish = isSharded ? 'SPUBLISH' : 'PUBLISH';
    return [...this.#options(topic), names.channel(topic), publish, ...this.#newest(topic)];
  }
}

/** Parses former epochs as the scripts keep them: `EPOCH:OFFSET,…`. */
function parseFormer(text: string): Position[] {
  return Array.from(text.matchAll(/([^:,]+):(\d+)/g), ([, epoch = '', offset]) => ({ epoch, offset: Number(offset) }));
}

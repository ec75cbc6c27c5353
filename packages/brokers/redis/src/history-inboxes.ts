import { encodeBusMessage } from '@turnout/topics';
import { isJson, outsideMessage } from './outside-message.ts';
import type { InboxItem, KeptTopic, RedisHistory } from './redis-history.ts';

export interface InboxEvents {
  /** Uses the history over the current connections. */
  onHistory<Value>(topic: KeptTopic, use: (history: RedisHistory) => Promise<Value>): Promise<Value>;
  onForeign(topic: string, reason: string, count: number): void;
  onFailed(topic: string, error: unknown): void;
}

/** `emptying`: the inbox is being read. `again`: something has arrived since. */
type Phase = 'emptying' | 'again';

/** Moves messages of other programs from inboxes to the histories. Any node may do it: each item is moved once. */
export class HistoryInboxes {
  readonly #events: InboxEvents;
  readonly #phases = new Map<string, Phase>();

  constructor(events: InboxEvents) {
    this.#events = events;
  }

  /** The inbox of a topic may contain messages. */
  async empty(topic: KeptTopic): Promise<void> {
    const { name } = topic;
    if (this.#phases.has(name)) return void this.#phases.set(name, 'again');
    try {
      do {
        this.#phases.set(name, 'emptying');
        // oxlint-disable-next-line no-await-in-loop -- until nothing is left
        while (await this.#take(topic));
      } while (this.#phases.get(name) === 'again');
    } catch (error) {
      this.#events.onFailed(name, error);
    } finally {
      this.#phases.delete(name);
    }
  }

  /** @returns whether there may be more */
  async #take(topic: KeptTopic): Promise<boolean> {
    const found = await this.#events.onHistory(topic, (history) => history.inbox(topic));
    if (found.length === 0) return false;
    const items = found.map(toItem);
    const taken = await this.#events.onHistory(topic, (history) => history.takeInbox(topic, items));
    this.#events.onForeign(topic.name, 'entry of the Stream that is not Turnout’s', taken.foreign);
    const rejected = taken.items.filter(({ message }) => message === undefined).length;
    this.#events.onForeign(topic.name, 'item of the inbox that is not JSON', rejected);
    return true;
  }
}

function toItem(raw: Buffer): InboxItem {
  return { raw, message: isJson(raw) ? encodeBusMessage(outsideMessage(raw)) : undefined };
}

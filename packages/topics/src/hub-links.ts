import { Feed } from './feed/feed.ts';
import type { HubContext } from './feed/hub-context.ts';

export interface LinkListener {
  onText(text: string): void;
  /** Text of a node, this one included, is missing and will not arrive. */
  onGap(): void;
}

/** One feed for all listeners of a name, as a broker joins a name once. */
interface Link {
  readonly feed: Feed;
  /** Resolves even if the topic cannot be joined: text can still be sent to the other nodes. */
  readonly opened: Promise<void>;
  readonly listeners: LinkListener[];
}

/** Channels between nodes besides topics, by name. */
export class HubLinks {
  readonly #context: HubContext;
  readonly #links = new Map<string, Link>();

  constructor(context: HubContext) {
    this.#context = context;
  }

  get feeds(): Iterable<Feed> {
    return [...this.#links.values()].map(({ feed }) => feed);
  }

  /** @returns a function that sends text to all nodes */
  add(name: string, listener: LinkListener): (text: string) => Promise<boolean> {
    const link = this.#links.get(name) ?? this.#create(name);
    link.listeners.push(listener);
    // Waits for the join, so that text sent earlier also reaches this node.
    return (text) => this.#context.outcome(link.opened.then(() => link.feed.publish({ data: text })));
  }

  close(): void {
    for (const { feed } of this.#links.values()) feed.release();
  }

  #create(name: string): Link {
    const listeners: LinkListener[] = [];
    const feed = new Feed({ name: `\u0000link:${name}`, history: null }, this.#context, {
      onMessage: ({ data }) => {
        for (const listener of listeners) this.#context.call(() => listener.onText(String(data)));
      },
      onGap: () => {
        for (const listener of listeners) this.#context.call(() => listener.onGap());
      },
    });
    const link = { feed, listeners, opened: feed.hold().catch(() => {}) };
    this.#links.set(name, link);
    return link;
  }
}

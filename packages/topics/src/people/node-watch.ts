import { Feed } from '../feed/feed.ts';
import type { HubContext } from '../feed/hub-context.ts';

/** Nodes that have not been heard for so many beats are gone. */
const maxMissedBeats = 3;

/** What keeps who is on other nodes. */
export interface NodeObserver {
  /** It ended without a word, or can't be reached. */
  onNodeGone(node: string): void;
  /** It was not known, or thought to be gone. */
  onNodeFound(node: string): void;
}

/**
 * Tells the other nodes that this one is alive, and which of them are. Counts beats of its own and not the time, so that
 * an event loop that stood still finds nobody gone.
 */
export class NodeWatch {
  readonly #context: HubContext;
  readonly #interval: number;
  readonly #feed: Feed;
  readonly #observers = new Set<NodeObserver>();
  /** The beat at which each was heard last. */
  readonly #heardAt = new Map<string, number>();
  #beat = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param interval of the beats, in ms */
  constructor(context: HubContext, interval: number) {
    this.#context = context;
    this.#interval = interval;
    this.#feed = new Feed({ name: '\u0000nodes', history: null }, context, {
      onMessage: ({ origin }) => this.hear(nodeOf(origin)),
      onGap: () => {},
    });
  }

  add(observer: NodeObserver): void {
    this.#observers.add(observer);
    if (this.#timer !== undefined) return;
    this.#feed.hold().catch(() => {});
    this.#timer = setInterval(() => this.#onBeat(), this.#interval).unref();
  }

  delete(observer: NodeObserver): void {
    this.#observers.delete(observer);
    if (this.#observers.size === 0) this.stop();
  }

  stop(): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#heardAt.clear();
    this.#feed.release();
  }

  /** A node has said something. */
  hear(node: string): void {
    if (node === this.#context.id) return;
    const isKnown = this.#heardAt.has(node);
    this.#heardAt.set(node, this.#beat);
    if (!isKnown) for (const observer of this.#observers) observer.onNodeFound(node);
  }

  #onBeat(): void {
    this.#beat++;
    void this.#feed.tell('');
    for (const [node, heardAt] of this.#heardAt) {
      if (this.#beat - heardAt <= maxMissedBeats) continue;
      this.#heardAt.delete(node);
      for (const observer of this.#observers) observer.onNodeGone(node);
    }
  }
}

/** The node that has given a feed its origin. */
export function nodeOf(origin: string): string {
  return origin.slice(0, origin.indexOf('.'));
}

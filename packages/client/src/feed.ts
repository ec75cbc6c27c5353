import { tell } from './tell.ts';
import type { Person, Position, TopicMessage } from './topic-message.ts';
import type { Since, TopicHandlers } from './topic-handlers.ts';

/** `leaving`: unsubscribed before the server has answered; the answer does not belong to the next subscriber. */
type FeedState = 'idle' | 'asked' | 'leaving' | 'live';

/** One call of `subscribe()`. */
export interface Subscriber {
  readonly handlers: TopicHandlers;
  readonly since: Since;
}

/** One topic of a client, across connections, for all its subscribers. */
export class Feed {
  readonly #topic: string;
  readonly #send: (command: object) => boolean;
  readonly #subscribers = new Set<Subscriber>();
  readonly #people = new Map<string, Person>();
  /** Whether the last page of people has arrived. */
  #isWhole = false;
  #count: number | undefined;
  /** The entries of a state; undefined until they have all arrived. */
  #entries: ReadonlyMap<string, unknown> | undefined;
  /** Pages of a state that is not whole yet. */
  #pages: [string, unknown][] = [];
  #state: FeedState = 'idle';
  /** Sent with `subscribe`. */
  #since: Since;
  #isResuming = false;

  constructor(topic: string, send: (command: object) => boolean) {
    this.#topic = topic;
    this.#send = send;
  }

  get isUsed(): boolean {
    return this.#subscribers.size > 0;
  }

  /** The position of the last message; undefined if the topic has no history or nothing has arrived. */
  get position(): Position | undefined {
    return typeof this.#since === 'object' ? this.#since : undefined;
  }

  add(subscriber: Subscriber): void {
    if (!this.isUsed) {
      this.#since = subscriber.since;
      this.#isResuming = !!this.position;
    }
    this.#subscribers.add(subscriber);
    if (this.#state === 'idle') this.ask();
    // No handler is called before `subscribe()` has returned.
    else if (this.#state === 'live') queueMicrotask(() => this.#join(subscriber));
  }

  remove(subscriber: Subscriber): void {
    if (!this.#subscribers.delete(subscriber) || this.isUsed) return;
    if (this.#state === 'asked') this.#state = 'leaving';
    if (this.#state === 'live') this.#leave();
  }

  ask(): void {
    if (this.isUsed && this.#send({ subscribe: this.#topic, since: this.#since })) this.#state = 'asked';
  }

  /** Nothing more will arrive on this connection. */
  pause(): void {
    this.#state = 'idle';
    this.#isWhole = false;
    this.#count = undefined;
  }

  take(message: TopicMessage): void {
    const { subscribed, refused } = message;
    if (this.#state === 'leaving') {
      if (subscribed || refused) {
        this.#leave();
        this.ask();
      }
    } else if (refused) {
      this.pause();
      this.#tell('onRefused', [refused]);
    } else if (subscribed) this.#begin(subscribed);
    else if (this.#state === 'live') this.#takeLive(message);
  }

  #begin(start: NonNullable<TopicMessage['subscribed']>): void {
    const { recovered = false } = start;
    const hasMissed = this.#isResuming && !recovered;
    this.#state = 'live';
    this.#isResuming = true;
    this.#moveTo(start);
    this.#tellStart(recovered, hasMissed);
  }

  #takeLive(message: TopicMessage): void {
    const { data, offset, gap, people, page, more, joined, left, count, state, set, unset, epoch } = message;
    if (gap) {
      this.#moveTo(gap);
      return this.#tell('onGap', []);
    }
    if (people ?? joined ?? left) {
      if (people) {
        if (!page) this.#people.clear();
        this.#isWhole = !more;
      }
      for (const id of left ?? []) this.#people.delete(id);
      for (const person of people ?? joined ?? []) this.#people.set(person.id, person);
      return this.#tellPeople();
    }
    if (typeof count === 'number') {
      this.#count = count;
      return this.#tellPeople();
    }
    const { position } = this;
    if (state ?? set ?? unset) return this.#takeState(message);
    if (epoch) return this.#moveTo({ ...position, epoch });
    if (position && offset) {
      if (offset <= position.offset) return undefined;
      this.#since = { ...position, offset };
    }
    return this.#tell('onMessage', [data, offset ?? undefined]);
  }

  #takeState({ state, set, unset, page, more, epoch, offset }: TopicMessage): void {
    const { position } = this;
    if (!epoch && position && offset && offset <= position.offset) return;
    this.#moveTo({ ...position, ...(epoch && { epoch }), ...(offset && { offset }) });
    if (state) {
      this.#pages = [...(page ? this.#pages : []), ...Object.entries(state)];
      if (more) return;
      this.#entries = new Map(this.#pages);
      this.#pages = [];
    } else {
      const entries = new Map([...(this.#entries ?? []), ...Object.entries(set ?? {})]);
      for (const key of unset ?? []) entries.delete(key);
      this.#entries = entries;
    }
    this.#tellEntries();
  }

  #tellEntries(to?: Iterable<Subscriber>): void {
    if (this.#entries) this.#tell('onState', [this.#entries], to);
  }

  /** Starts a late subscriber at the current position; one that asked for another is told of a gap. */
  #join(subscriber: Subscriber): void {
    if (this.#state !== 'live' || !this.#subscribers.has(subscriber)) return;
    const { since } = subscriber;
    const { position } = this;
    const recovered = typeof since === 'object' && since.epoch === position?.epoch && since.offset === position?.offset;
    this.#tellStart(recovered, !!since && !recovered, [subscriber]);
  }

  #moveTo({ epoch, offset }: Partial<Position>): void {
    if (epoch && typeof offset === 'number') this.#since = { epoch, offset };
  }

  #leave(): void {
    this.#send({ unsubscribe: this.#topic });
    this.pause();
  }

  #tellStart(recovered: boolean, hasMissed: boolean, to?: Iterable<Subscriber>): void {
    this.#tell('onSubscribed', [{ recovered }], to);
    if (hasMissed) this.#tell('onGap', [], to);
    this.#tellPeople(to);
    if (to) this.#tellEntries(to);
  }

  #tellPeople(to?: Iterable<Subscriber>): void {
    if (this.#isWhole) this.#tell('onPeople', [[...this.#people.values()]], to);
    if (this.#count !== undefined) this.#tell('onCount', [this.#count], to);
  }

  #tell<Name extends keyof TopicHandlers>(
    name: Name,
    args: Parameters<Required<TopicHandlers>[Name]>,
    to: Iterable<Subscriber> = this.#subscribers,
  ): void {
    for (const { handlers } of to) {
      tell(() => (handlers[name] as ((...args: unknown[]) => void) | undefined)?.(...args));
    }
  }
}

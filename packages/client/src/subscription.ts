/** A place in the history of a topic. */
export interface Position {
  readonly epoch: string;
  readonly offset: number;
}

/** Somebody who is subscribed. */
export interface Person {
  readonly id: string;
  readonly details?: unknown;
}

export interface TopicHandlers<Data = unknown> {
  /** What was published: the value of JSON, or a `Uint8Array` where it was bytes. */
  onMessage(data: Data, offset: number | undefined): void;
  /** It has begun, or gone on; `recovered` says whether nothing was missed since the last time. */
  onSubscribed?(info: { readonly recovered: boolean }): void;
  /** Something was missed, and will not come: what the page shows is to be fetched anew. */
  onGap?(): void;
  /** Who is subscribed, whenever that has changed. */
  onPeople?(people: Person[]): void;
  /** The server does not give the topic to this client. */
  onRefused?(reason: string): void;
}

export interface SubscribeOptions {
  /** Where to begin: a position of an earlier page, or all that is kept. Default: now. */
  readonly since?: Position | 'oldest' | undefined;
}

/** What the server says of a topic. */
export interface TopicMessage {
  readonly topic: string;
  readonly data?: unknown;
  /** Base64. */
  readonly bytes?: string;
  readonly offset?: number;
  readonly subscribed?: { readonly epoch?: string; readonly offset?: number; readonly recovered: boolean };
  readonly gap?: Partial<Position>;
  readonly people?: readonly Person[];
  readonly joined?: Person;
  readonly left?: Person;
  readonly refused?: string;
}

/** A topic that a client is subscribed to, over however many connections. */
export class Subscription {
  readonly #handlers: TopicHandlers;
  readonly #people = new Map<string, Person>();
  #since: Position | 'oldest' | undefined;
  #isResuming: boolean;

  constructor(handlers: TopicHandlers, since: Position | 'oldest' | undefined) {
    this.#handlers = handlers;
    this.#since = since;
    this.#isResuming = typeof since === 'object';
  }

  /** Of the last message; undefined where the topic has no history, or nothing has come. */
  get position(): Position | undefined {
    return typeof this.#since === 'object' ? this.#since : undefined;
  }

  /** What the server is asked with. */
  get since(): Position | 'oldest' | undefined {
    return this.#since;
  }

  take(message: TopicMessage): void {
    const { data, bytes, offset, subscribed, gap, people, joined, left, refused } = message;
    if (data !== undefined) this.#takeData(data, offset);
    else if (bytes !== undefined)
      this.#takeData(
        Uint8Array.from(atob(bytes), (byte) => byte.charCodeAt(0)),
        offset,
      );
    else if (subscribed) this.#begin(subscribed);
    else if (gap) this.#skip(gap);
    else if (people) this.#replace(people);
    else if (joined) this.#update(() => this.#people.set(joined.id, joined));
    else if (left) this.#update(() => this.#people.delete(left.id));
    else if (refused !== undefined) this.#handlers.onRefused?.(refused);
  }

  #begin({ recovered, epoch, offset }: NonNullable<TopicMessage['subscribed']>): void {
    const hasMissed = this.#isResuming && !recovered;
    this.#isResuming = true;
    this.#moveTo({ epoch, offset });
    this.#handlers.onSubscribed?.({ recovered });
    if (hasMissed) this.#handlers.onGap?.();
  }

  #skip(position: Partial<Position>): void {
    this.#moveTo(position);
    this.#handlers.onGap?.();
  }

  #moveTo({ epoch, offset }: { epoch?: string | undefined; offset?: number | undefined }): void {
    if (epoch !== undefined && offset !== undefined) this.#since = { epoch, offset };
  }

  #takeData(data: unknown, offset: number | undefined): void {
    const { position } = this;
    if (position && offset !== undefined) {
      if (offset <= position.offset) return;
      this.#since = { ...position, offset };
    }
    this.#handlers.onMessage(data, offset);
  }

  #replace(people: readonly Person[]): void {
    this.#update(() => {
      this.#people.clear();
      for (const person of people) this.#people.set(person.id, person);
    });
  }

  #update(change: () => unknown): void {
    change();
    this.#handlers.onPeople?.([...this.#people.values()]);
  }
}

import type { Subscription, TopicHandlers } from './topic-handlers.ts';

/**
 * `waiting`: nothing has arrived yet. `live`: as the server has it. `stale`: not connected, so it may be out of date.
 * `refused`: the server does not give it.
 */
export type StateStatus = 'waiting' | 'live' | 'stale' | 'refused';

/** What a state needs of its client. */
export interface StateClient {
  readonly status: string;
  subscribe(topic: string, handlers: TopicHandlers): Subscription;
  addEventListener(type: 'statuschange', listener: () => void): void;
  removeEventListener(type: 'statuschange', listener: () => void): void;
}

/** A state as the server has it, across connections. Emits `change` when its entries or its status have changed. */
export class LiveState<Value = unknown> extends EventTarget {
  declare onchange?: ((event: Event) => void) | null;
  /** Resolves when the entries have arrived for the first time. */
  readonly ready: Promise<void>;
  readonly #client: StateClient;
  readonly #subscription: Subscription;
  #entries: ReadonlyMap<string, Value> = new Map();
  #status: StateStatus = 'waiting';

  constructor(client: StateClient, name: string) {
    super();
    this.#client = client;
    this.ready = new Promise((resolve) => {
      this.addEventListener('change', () => this.#status === 'live' && resolve());
    });
    this.#subscription = client.subscribe(name, {
      onSubscribed: ({ recovered }) => recovered && this.#update('live'),
      onState: (entries) => {
        this.#entries = entries as ReadonlyMap<string, Value>;
        this.#update('live');
      },
      onRefused: () => this.#update('refused'),
    });
    client.addEventListener('statuschange', this.#onClientStatus);
  }

  /** Another map after each change. */
  get entries(): ReadonlyMap<string, Value> {
    return this.#entries;
  }

  get status(): StateStatus {
    return this.#status;
  }

  get(key: string): Value | undefined {
    return this.#entries.get(key);
  }

  /** Ends the subscription. The entries stay as they are. */
  close(): void {
    this.#client.removeEventListener('statuschange', this.#onClientStatus);
    this.#subscription.unsubscribe();
  }

  readonly #onClientStatus = (): void => {
    if (this.#status === 'live' && this.#client.status !== 'open') this.#update('stale');
  };

  #update(status: StateStatus): void {
    this.#status = status;
    const event = new Event('change');
    this.dispatchEvent(event);
    this.onchange?.(event);
  }
}

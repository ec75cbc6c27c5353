import { TopicError } from './errors.ts';
import type { StateNews } from './state-news.ts';
import type { StateEntry, StateLimits, StateOutcome, StateRequest } from './state-store.ts';

interface Result extends StateOutcome {
  /** What all nodes are to be told. */
  readonly news: StateNews | undefined;
}

/** One state in the memory of this process. */
export class MemoryState {
  readonly #entries = new Map<string, StateEntry>();
  /** The ids of increments, each counted once. */
  readonly #counted = new Set<string>();
  #bytes = 0;

  get entries(): readonly StateEntry[] {
    return [...this.#entries.values()];
  }

  get(key: string): StateEntry | undefined {
    return this.#entries.get(key);
  }

  /**
   * @param version of the key, if the request changes it
   * @throws {TopicError} as {@link StateStore.change}
   */
  change(request: StateRequest, version: number, limits: StateLimits): Result {
    const { type, key } = request;
    const entry = this.#entries.get(key);
    if (type === 'increment') return this.#increment(entry, request, { version, limits });
    const { ifVersion } = request;
    if (ifVersion !== undefined && ifVersion !== (entry?.version ?? 0)) return unchanged(entry);
    if (type === 'set') return this.#set({ key, value: request.value, version }, limits);
    if (entry === undefined) return unchanged(entry);
    this.#entries.delete(key);
    this.#bytes -= bytesOf(entry);
    return { isApplied: true, entry: undefined, news: { type: 'delete', key } };
  }

  #increment(
    entry: StateEntry | undefined,
    { key, by, once }: Extract<StateRequest, { type: 'increment' }>,
    { version, limits }: { readonly version: number; readonly limits: StateLimits },
  ): Result {
    const id = once === undefined ? undefined : JSON.stringify([key, once]);
    if (id !== undefined && this.#counted.has(id)) return unchanged(entry);
    const value: unknown = JSON.parse(entry?.value ?? '0');
    if (typeof value !== 'number' || !Number.isFinite(value + by)) throw notANumber(key, value);
    const result = this.#set({ key, value: String(value + by), version }, limits);
    if (id !== undefined) this.#counted.add(id);
    return result;
  }

  #set(entry: StateEntry, limits: StateLimits): Result {
    const { key, value } = entry;
    const former = this.#entries.get(key);
    const bytes = this.#bytes + bytesOf(entry) - (former === undefined ? 0 : bytesOf(former));
    if (former === undefined && this.#entries.size >= limits.maxKeys) throw full(`maxKeys is ${limits.maxKeys}`);
    if (bytes > limits.maxBytes) throw full(`${bytes} bytes, and maxBytes is ${limits.maxBytes}`);
    this.#entries.set(key, entry);
    this.#bytes = bytes;
    return { isApplied: true, entry, news: { type: 'set', key, value } };
  }
}

function unchanged(entry: StateEntry | undefined): Result {
  return { isApplied: false, entry, news: undefined };
}

function bytesOf({ key, value }: StateEntry): number {
  return Buffer.byteLength(key) + Buffer.byteLength(value);
}

function full(detail: string): TopicError {
  return new TopicError('TOPIC_ERR_STATE_FULL', `The state is full: ${detail}`);
}

function notANumber(key: string, value: unknown): TopicError {
  return new TopicError(
    'TOPIC_ERR_STATE_VALUE',
    `Cannot increment ${JSON.stringify(key)}: expected a number, got ${JSON.stringify(value)}`,
  );
}

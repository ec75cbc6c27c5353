import type { SessionStore, StoredSession } from './session-request.ts';
import { observeCalls, observersIn } from './store-observers.ts';
import type { StoreMethods } from './store-observers.ts';

/** The data of a session, as a store keeps it. */
export type SessionData = Record<string, unknown>;

/** A session store that does not follow the convention of `express-session`. */
export type ForeignStore = StoreMethods;

/** The operations of such a store. */
export interface StoreOperations {
  load(id: string): Promise<SessionData | null | undefined>;
  save(id: string, session: SessionData): Promise<unknown>;
  destroy(id: string): Promise<unknown>;
  /** Restarts the session's lifetime, if it has one. */
  touch(session: SessionData): void;
}

const adapted = new WeakMap<ForeignStore, SessionStore>();

/**
 * Makes a store's sessions watchable: wraps its `destroy`, `clear`, `get` and `set` so that they notify the watches.
 *
 * @param createOperations called before the store's methods are wrapped
 */
export function adaptStore(store: ForeignStore, createOperations: () => StoreOperations): SessionStore {
  const known = adapted.get(store);
  if (known !== undefined) return known;
  const operations = createOperations();
  const adaptedStore: SessionStore = {
    destroy: (id, callback) => answer(operations.destroy(id), callback),
    load: (id, callback) =>
      answer(operations.load(id), (error, session) => callback(error, session && storedSession(id, session))),
  };
  const storedSession = (id: string, session: SessionData): StoredSession => {
    const save: StoredSession['save'] = (callback) => answer(operations.save(id, session), callback);
    const touch = (): void => operations.touch(session);
    // Not enumerable, so that they are not stored.
    return Object.defineProperties(session, {
      save: { value: save },
      touch: { value: touch },
    }) as unknown as StoredSession;
  };
  observeCalls(store, observersIn(adaptedStore));
  adapted.set(store, adaptedStore);
  return adaptedStore;
}

type Callback<Value> = (error?: Error | null, value?: Value) => void;

async function answer<Value>(promise: Promise<Value>, callback: Callback<Value> = () => {}): Promise<void> {
  let value: Value;
  try {
    value = await promise;
  } catch (error) {
    return callback(error as Error);
  }
  callback(null, value);
}

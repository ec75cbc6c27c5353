import type { SessionStore } from './session-request.ts';

/** A watch over one session, which the store's wrapped methods notify. */
export interface SessionObserver {
  /** What is known about the session: `unsaved` until it has been seen in the store. */
  readonly knowledge: 'unsaved' | 'stored' | 'ended';
  /** Whether the upgrade is still pending: its saves must not restore a session that has ended. */
  readonly isInHandshake: boolean;
  noteStored(): void;
  end(): void;
  /** Asks the store whether the session still exists. Rejects if the store cannot answer. */
  verify(): Promise<boolean>;
}

/** Has an entry only while a session is watched. */
export type ObserversById = Map<string, Set<SessionObserver>>;

/**
 * A store whose methods take the ID first, and answer through a callback as the last parameter or through a promise.
 */
export interface StoreMethods {
  destroy(id: string, ...rest: never[]): unknown;
  clear?(...rest: never[]): unknown;
  get?(id: string, ...rest: never[]): unknown;
  set?(id: string, ...rest: never[]): unknown;
}

const observersOf = new WeakMap<SessionStore, ObserversById>();

/** The observers of a store's sessions. The first call wraps the store's methods so that they notify them. */
export function observersIn(store: SessionStore): ObserversById {
  const known = observersOf.get(store);
  if (known !== undefined) return known;
  const observers: ObserversById = new Map();
  observersOf.set(store, observers);
  observeCalls(store, observers);
  return observers;
}

/** Tells all observers of a session that it has ended. */
export function endSession(observers: ObserversById, id: string): void {
  for (const observer of observers.get(id) ?? []) observer.end();
}

/** Wraps the methods of this store so that they notify the observers. */
export function observeCalls(store: StoreMethods, observers: ObserversById): void {
  const destroy = store.destroy.bind(store) as Method;
  const [clear, get, set] = [store.clear?.bind(store), store.get?.bind(store), store.set?.bind(store)];
  store.destroy = endingSession(destroy, observers);
  if (clear !== undefined) store.clear = endingAll(clear as Method, observers);
  if (get !== undefined) store.get = notingWhatIsFound(get as Method, observers);
  if (set !== undefined) store.set = notingWhatIsSaved(set as Method, observers);
}

type Method = (...args: unknown[]) => unknown;
type MethodOfId = (id: string, ...rest: unknown[]) => unknown;

/** Ends the session when it is called and again when it is done: until then others may still have read the session. */
function endingSession(destroy: Method, observers: ObserversById): MethodOfId {
  return (id, ...rest) => {
    endSession(observers, id);
    return callAndTell(destroy, [id, ...rest], (error) => {
      if (!error) endSession(observers, id);
    });
  };
}

function endingAll(clear: Method, observers: ObserversById): Method {
  const end = (): void => {
    for (const id of observers.keys()) endSession(observers, id);
  };
  return (...args) => {
    end();
    return callAndTell(clear, args, (error) => {
      if (!error) end();
    });
  };
}

function notingWhatIsFound(get: Method, observers: ObserversById): MethodOfId {
  return (id, ...rest) => {
    const watching = observers.get(id);
    if (watching === undefined) return get(id, ...rest);
    // Read before asking: a session that is first saved meanwhile has not ended.
    const wasStored = [...watching].some(({ knowledge }) => knowledge === 'stored');
    return callAndTell(get, [id, ...rest], (error, session) => {
      if (session) noteStored(observers, id);
      else if (wasStored && (!error || isMissing(error))) endSession(observers, id);
    });
  };
}

function notingWhatIsSaved(set: Method, observers: ObserversById): MethodOfId {
  const save: MethodOfId = (id, ...rest) =>
    callAndTell(set, [id, ...rest], (error) => {
      if (!error) noteStored(observers, id);
    });
  return (id, ...rest) => {
    const guard = [...(observers.get(id) ?? [])].find(
      ({ isInHandshake, knowledge }) => isInHandshake && knowledge !== 'unsaved',
    );
    if (guard === undefined) return save(id, ...rest);
    const isThere = goesOn(guard);
    const callback = rest.at(-1);
    if (typeof callback !== 'function') return isThere.then((goes) => (goes ? save(id, ...rest) : undefined));
    // Outside the promise, so that an error of the callback stays an uncaught exception.
    return void isThere.then((goes) => setImmediate(() => (goes ? save(id, ...rest) : (callback as () => void)())));
  };
}

/** If the store cannot answer, the session has not ended. */
async function goesOn(observer: SessionObserver): Promise<boolean> {
  return observer.knowledge !== 'ended' && observer.verify().catch(() => true);
}

function noteStored(observers: ObserversById, id: string): void {
  for (const observer of observers.get(id) ?? []) observer.noteStored();
}

/** Whether an error says that the session does not exist: file stores report it with ENOENT. */
export function isMissing(error: unknown): boolean {
  return (error as { readonly code?: unknown } | null | undefined)?.code === 'ENOENT';
}

type OnAnswer = (error: unknown, value?: unknown) => void;

/** Calls a method, and calls `onAnswer` before the caller gets the answer, by callback or promise. */
function callAndTell(method: Method, args: readonly unknown[], onAnswer: OnAnswer): unknown {
  const callback = args.at(-1);
  if (typeof callback === 'function') {
    return method(...args.slice(0, -1), (...answer: unknown[]) => {
      onAnswer(answer[0], answer[1]);
      return (callback as Method)(...answer);
    });
  }
  const answer = method(...args);
  void Promise.resolve(answer).then((value) => onAnswer(null, value), onAnswer);
  return answer;
}

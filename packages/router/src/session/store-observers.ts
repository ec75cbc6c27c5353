import type { SessionStore } from './session-request.ts';

/** What a store tells of the session that it watches. */
export interface SessionObserver {
  /** What is known of the session: `unsaved` until the store has been seen to have it. */
  readonly knowledge: 'unsaved' | 'stored' | 'ended';
  /** Whether the upgrade is not answered yet: what it saves must not bring back a session that has ended. */
  readonly isInHandshake: boolean;
  noteStored(): void;
  end(): void;
  /** Asks the store whether the session goes on. Rejects where the store cannot answer. */
  verify(): Promise<boolean>;
}

/** An entry is there only while somebody watches. */
export type ObserversById = Map<string, Set<SessionObserver>>;

/**
 * A store of any convention whose methods take the ID first, and answer by a callback, their last parameter, or a
 * promise.
 */
export interface StoreMethods {
  destroy(id: string, ...rest: never[]): unknown;
  clear?(...rest: never[]): unknown;
  get?(id: string, ...rest: never[]): unknown;
  set?(id: string, ...rest: never[]): unknown;
}

const observersOf = new WeakMap<SessionStore, ObserversById>();

/** Who watches the sessions of a store. From the first call on the store's methods tell them what happens. */
export function observersIn(store: SessionStore): ObserversById {
  const known = observersOf.get(store);
  if (known !== undefined) return known;
  const observers: ObserversById = new Map();
  observersOf.set(store, observers);
  observeCalls(store, observers);
  return observers;
}

/** Tells all who watch a session that it has ended. */
export function endSession(observers: ObserversById, id: string): void {
  for (const observer of observers.get(id) ?? []) observer.end();
}

/** Replaces methods of this one store by ones that tell the observers what they find out. */
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

/** Once at the call, and once it is done: until then the store has given the session to others. */
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
    // What is being saved for the first time while the store is asked has not ended.
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
    // Out of the promise, so that what the callback throws ends where it does without us.
    return void isThere.then((goes) => setImmediate(() => (goes ? save(id, ...rest) : (callback as () => void)())));
  };
}

/** A store that cannot answer has not ended the session. */
async function goesOn(observer: SessionObserver): Promise<boolean> {
  return observer.knowledge !== 'ended' && observer.verify().catch(() => true);
}

function noteStored(observers: ObserversById, id: string): void {
  for (const observer of observers.get(id) ?? []) observer.noteStored();
}

/** Whether a store says by an error that it does not have a session, as those do that keep files. */
export function isMissing(error: unknown): boolean {
  return (error as { readonly code?: unknown } | null | undefined)?.code === 'ENOENT';
}

type OnAnswer = (error: unknown, value?: unknown) => void;

/** Calls a method, and `onAnswer` before its caller gets the answer, by callback or by promise. */
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

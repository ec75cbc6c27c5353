import type { IncomingMessage } from 'node:http';

/** A request with a session, by the convention of `express-session`. */
export interface SessionRequest {
  readonly sessionID: string;
  readonly sessionStore: SessionStore;
  /** Absent once the session was destroyed. */
  readonly session?: Readonly<Record<string, unknown>> | null | undefined;
  /** Whether the session came from the store. Default `false`: calls of the store's `get` and `set` tell. */
  readonly isStored?: boolean | undefined;
}

type Callback = (error?: Error | null) => void;

export interface SessionStore {
  destroy(id: string, callback?: Callback): unknown;
  /** Ends all sessions. */
  clear?(callback?: Callback): unknown;
  /** How the middleware reads and saves a session. */
  get?(id: string, ...rest: never[]): unknown;
  set?(id: string, ...rest: never[]): unknown;
  /** Yields the session as it is stored now; nothing if it has ended. */
  load?(id: string, callback: (error?: Error | null, session?: StoredSession | null) => void): unknown;
}

export interface StoredSession {
  save(callback: Callback): unknown;
  /** Restarts its lifetime. */
  touch?(): unknown;
}

/** The request with its session; `undefined` if it has no session from a store. */
export function sessionOf(request: IncomingMessage): SessionRequest | undefined {
  const named = namedSessionOf(request);
  return named?.session ? named : undefined;
}

/** Like {@link sessionOf}, but also while the session is still being loaded. */
export function namedSessionOf(request: IncomingMessage): SessionRequest | undefined {
  const { sessionID, sessionStore } = request as Partial<SessionRequest>;
  if (typeof sessionID !== 'string' || typeof sessionStore?.destroy !== 'function') return undefined;
  return request as IncomingMessage & SessionRequest;
}

/** Calls `onNamed` whenever middleware assigns `request.sessionID`: before it loads that session, and for a new one. */
export function whenSessionNamed(request: IncomingMessage, onNamed: () => void): void {
  (request as NamedRequest)[naming] = { id: undefined, onNamed };
  Object.defineProperty(request, 'sessionID', sessionIdAccessor);
}

const naming = Symbol('naming');

interface NamedRequest extends IncomingMessage {
  [naming]: { id: unknown; readonly onNamed: () => void };
}

/** Shared by all requests: with its own functions, each request would have a hidden class of its own in V8. */
const sessionIdAccessor: PropertyDescriptor & ThisType<NamedRequest> = {
  get() {
    return this[naming].id;
  },
  set(id: unknown) {
    this[naming].id = id;
    this[naming].onNamed();
  },
  enumerable: true,
  configurable: true,
};

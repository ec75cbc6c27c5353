import type { IncomingMessage } from 'node:http';

/** The session of a request, as `express-session` and what follows its convention leave it there. */
export interface SessionRequest {
  readonly sessionID: string;
  readonly sessionStore: SessionStore;
  /** Absent once the session was destroyed. */
  readonly session?: Readonly<Record<string, unknown>> | null | undefined;
  /** Whether it came from the store. Default `false`: what the store is asked for, and given, tells. */
  readonly isStored?: boolean | undefined;
}

type Callback = (error?: Error | null) => void;

export interface SessionStore {
  destroy(id: string, callback?: Callback): unknown;
  /** Ends all sessions. */
  clear?(callback?: Callback): unknown;
  /** What the middleware reads a session by, and saves it. */
  get?(id: string, ...rest: never[]): unknown;
  set?(id: string, ...rest: never[]): unknown;
  /** Gives the session as it is stored now; nothing where it has ended. */
  load?(id: string, callback: (error?: Error | null, session?: StoredSession | null) => void): unknown;
}

export interface StoredSession {
  save(callback: Callback): unknown;
  /** Sets when it expires as anew. */
  touch?(): unknown;
}

/** The request with its session; `undefined` where no middleware has put one on it that a store keeps. */
export function sessionOf(request: IncomingMessage): SessionRequest | undefined {
  const named = namedSessionOf(request);
  return named?.session ? named : undefined;
}

/** As {@link sessionOf}, also while the session itself is still being loaded. */
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

/** The same for every request: with functions of its own, each would be of a shape that V8 has never seen. */
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

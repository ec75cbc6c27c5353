import {
  adaptStore,
  type ForeignStore,
  type SessionData,
  type SessionRequest,
  type SessionStore,
} from '@turnout/server/adapter';
import type { FastifyRequest } from 'fastify';

type Callback = (error?: Error | null, session?: SessionData | null) => void;

/** A store of `@fastify/session`. */
interface FastifyStore extends ForeignStore {
  get(id: string, callback: Callback): void;
  set(id: string, session: SessionData, callback: Callback): void;
  destroy(id: string, callback: Callback): void;
}

/** Part of every session. */
interface StoredCookie {
  readonly originalMaxAge?: number | null;
  expires?: unknown;
}

interface SessionOwner {
  readonly session?:
    | (SessionData & { readonly sessionId: string; readonly encryptedSessionId: string })
    | null
    | undefined;
  readonly sessionStore?: FastifyStore | undefined;
  readonly cookies?: Readonly<Record<string, string | undefined>> | undefined;
}

/** Starts to watch the session store of a request. Call it as early as possible. */
export function watchStore(request: FastifyRequest): void {
  const { sessionStore } = request as unknown as SessionOwner;
  if (sessionStore !== undefined) adapt(sessionStore);
}

/** The session of `@fastify/session`; a session in a cookie cannot be ended by others. */
export function sessionFor(request: FastifyRequest): SessionRequest | undefined {
  const owner = request as unknown as SessionOwner;
  const { session, sessionStore } = owner;
  // Outside the path of the cookie, the session is an empty object.
  if (!session?.sessionId || sessionStore === undefined) return undefined;
  return {
    get sessionID() {
      return owner.session?.sessionId ?? '';
    },
    sessionStore: adapt(sessionStore),
    get session() {
      return owner.session;
    },
    isStored: isFromCookie(session.encryptedSessionId, owner),
  };
}

/**
 * Whether the client sent this session ID, after an optional cookie prefix. A session that is not in the store gets a
 * new ID.
 */
function isFromCookie(id: string, { cookies = {} }: SessionOwner): boolean {
  return Object.values(cookies).some((value) => value?.endsWith(id));
}

function adapt(store: FastifyStore): SessionStore {
  return adaptStore(store, () => {
    const destroy = store.destroy.bind(store);
    return {
      load: async (id) => {
        const session = await promise((callback) => store.get(id, callback));
        return session && !isExpired(session) ? { ...session } : null;
      },
      save: (id, session) => promise((callback) => store.set(id, session, callback)),
      destroy: (id) => promise((callback) => destroy(id, callback)),
      touch: ({ cookie }) => {
        const { originalMaxAge: age } = cookie as StoredCookie;
        if (age) (cookie as StoredCookie).expires = new Date(Date.now() + age);
      },
    };
  });
}

/** As in `@fastify/session`, whose stores may return expired sessions. */
function isExpired({ cookie }: SessionData): boolean {
  const { expires } = (cookie ?? {}) as StoredCookie;
  return (expires instanceof Date || typeof expires === 'string') && new Date(expires).getTime() <= Date.now();
}

function promise(call: (callback: Callback) => void): Promise<SessionData | null | undefined> {
  return new Promise((resolve, reject) => {
    call((error, session) => (error ? reject(error) : resolve(session)));
  });
}

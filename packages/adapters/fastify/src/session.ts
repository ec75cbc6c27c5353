import {
  adaptStore,
  type ForeignStore,
  type SessionData,
  type SessionRequest,
  type SessionStore,
} from '@turnout/router';
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
  readonly session?: (SessionData & { readonly sessionId: string }) | null | undefined;
  readonly sessionStore?: FastifyStore | undefined;
}

/** The session of `@fastify/session`; one that is kept in a cookie cannot be ended by others. */
export function sessionFor(request: FastifyRequest): SessionRequest | undefined {
  const owner = request as unknown as SessionOwner;
  const { session, sessionStore } = owner;
  if (!session || sessionStore === undefined) return undefined;
  return {
    get sessionID() {
      return owner.session?.sessionId ?? '';
    },
    sessionStore: adapt(sessionStore),
    get session() {
      return owner.session;
    },
  };
}

function adapt(store: FastifyStore): SessionStore {
  return adaptStore(store, () => {
    const destroy = store.destroy.bind(store);
    return {
      load: (id) => promise((callback) => store.get(id, callback)).then((session) => session && { ...session }),
      save: (id, session) => promise((callback) => store.set(id, session, callback)),
      destroy: (id) => promise((callback) => destroy(id, callback)),
      touch: ({ cookie }) => {
        const { originalMaxAge: age } = cookie as StoredCookie;
        if (age) (cookie as StoredCookie).expires = new Date(Date.now() + age);
      },
    };
  });
}

function promise(call: (callback: Callback) => void): Promise<SessionData | null | undefined> {
  return new Promise((resolve, reject) => {
    call((error, session) => (error ? reject(error) : resolve(session)));
  });
}

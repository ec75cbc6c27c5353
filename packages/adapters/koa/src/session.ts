import {
  adaptStore,
  type ForeignStore,
  type SessionData,
  type SessionRequest,
  type SessionStore,
} from '@turnout/router';
import type { Context } from 'koa';

/** A store of `koa-session`. */
interface KoaStore extends ForeignStore {
  get(key: string, maxAge: unknown, options: object): Promise<SessionData | null | undefined>;
  set(key: string, session: SessionData, maxAge: unknown, options: object): Promise<unknown>;
  destroy(key: string, options: object): Promise<unknown>;
}

interface KoaSession {
  readonly externalKey?: string | undefined;
  /** When it expires, in ms since 1970. */
  readonly _expire?: number | undefined;
  toJSON(): SessionData;
}

interface SessionContext {
  readonly session?: KoaSession | null | undefined;
  readonly sessionOptions?: { readonly store?: KoaStore | undefined; readonly maxAge?: unknown } | undefined;
}

/** The session of `koa-session`, where it keeps it in a store; one that is kept in a cookie cannot be ended by others. */
export function sessionFor(context: Context): SessionRequest | undefined {
  const { session, sessionOptions } = context as unknown as SessionContext;
  const { store, maxAge } = sessionOptions ?? {};
  if (!session?.externalKey || store === undefined) return undefined;
  return {
    sessionID: session.externalKey,
    sessionStore: adapt(store, maxAge),
    get session() {
      const current = (context as unknown as SessionContext).session;
      return current && withCookie({ ...current.toJSON(), _expire: current._expire });
    },
  };
}

function adapt(store: KoaStore, maxAge: unknown): SessionStore {
  return adaptStore(store, () => {
    const destroy = store.destroy.bind(store);
    const options = { rolling: false, changed: true, ctx: undefined };
    return {
      load: async (key) => {
        const session = await store.get(key, maxAge, options);
        return session && withCookie(session);
      },
      save: (key, session) => store.set(key, { ...session, cookie: undefined }, maxAge, options),
      destroy: async (key) => destroy(key, options),
      touch: (session) => {
        const { _maxAge: age } = session;
        if (typeof age === 'number') session['_expire'] = Date.now() + age;
      },
    };
  });
}

/** With the time at which it expires where the convention of `express-session` has it. */
function withCookie(session: SessionData): SessionData {
  const { _expire: expires } = session;
  return typeof expires === 'number' ? { ...session, cookie: { expires: new Date(expires) } } : session;
}

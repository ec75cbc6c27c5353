import {
  adaptStore,
  pendingUpgradeOf,
  type ForeignStore,
  type SessionData,
  type SessionRequest,
  type SessionStore,
} from '@turnout/server/adapter';
import type { Context } from 'koa';

/** What `koa-session` passes to its store with a call; `ctx` is set if a request makes it. */
interface CallOptions {
  readonly ctx?: Context | undefined;
}

/** A store of `koa-session`. */
interface KoaStore extends ForeignStore {
  get(key: string, maxAge?: unknown, options?: CallOptions): Promise<SessionData | null | undefined>;
  set(key: string, session: SessionData, maxAge?: unknown, options?: CallOptions): Promise<unknown>;
  destroy(key: string, options: CallOptions): Promise<unknown>;
}

interface KoaSession {
  readonly externalKey?: string | undefined;
  /** When it expires, in ms since 1970; absent until it is read from the store. */
  readonly _expire?: number | undefined;
  toJSON(): SessionData;
}

interface SessionContext {
  readonly session?: KoaSession | null | undefined;
  readonly sessionOptions?: { readonly store?: KoaStore | undefined; readonly maxAge?: unknown } | undefined;
}

const day = 24 * 60 * 60 * 1000;

/**
 * The key under which the session of a context was last saved: after `regenerate()` the session itself has the old one.
 */
const savedKeys = new WeakMap<Context, string>();

/**
 * Watches the session of an upgrade from the moment `koa-session` reads it from its store. Call it before middleware
 * runs.
 */
export function watchSession(context: Context): void {
  const { store, maxAge } = (context as unknown as SessionContext).sessionOptions ?? {};
  if (store !== undefined) adapt(store, maxAge);
}

/** The session of `koa-session`, if it is kept in a store; a session in a cookie cannot be ended by others. */
export function sessionFor(context: Context): SessionRequest | undefined {
  const { session, sessionOptions } = context as unknown as SessionContext;
  const { store, maxAge } = sessionOptions ?? {};
  if (!session?.externalKey || store === undefined) return undefined;
  return {
    get sessionID() {
      return savedKeys.get(context) ?? session.externalKey!;
    },
    sessionStore: adapt(store, maxAge),
    get session() {
      const current = (context as unknown as SessionContext).session;
      return current && withCookie({ ...current.toJSON(), _expire: current._expire ?? expiryOfNew(maxAge) });
    },
  };
}

/** The expiry that `koa-session` saves with a new session. */
function expiryOfNew(maxAge: unknown): number | undefined {
  return maxAge === 'session' ? undefined : Date.now() + (Number(maxAge) || day);
}

/** Stores whose `get` and `set` tell upgrades about their sessions. */
const tellingStores = new WeakSet<KoaStore>();

function adapt(store: KoaStore, maxAge: unknown): SessionStore {
  const adapted = adaptStore(store, () => {
    const destroy = store.destroy.bind(store);
    const options = { rolling: false, changed: true, ctx: undefined };
    return {
      load: async (key) => {
        const session = await store.get(key, maxAge, options);
        return session && !isExpired(session) ? withCookie(session) : null;
      },
      save: (key, session) => store.set(key, { ...session, cookie: undefined }, maxAge, options),
      destroy: async (key) => destroy(key, options),
      touch: (session) => {
        const { _maxAge: age } = session;
        if (typeof age === 'number') session['_expire'] = Date.now() + age;
      },
    };
  });
  if (!tellingStores.has(store)) tellUpgrades(store, adapted);
  tellingStores.add(store);
  return adapted;
}

/** Wraps `get` and `set` of a store so that they first tell the upgrade which session it has. */
function tellUpgrades(store: KoaStore, adapted: SessionStore): void {
  const [get, set] = [store.get.bind(store), store.set.bind(store)];
  const tell = (sessionID: string, context: Context | undefined): void => {
    if (context !== undefined) pendingUpgradeOf(context.req)?.watchSession({ sessionID, sessionStore: adapted });
  };
  store.get = (key, maxAge, options) => {
    tell(key, options?.ctx);
    return get(key, maxAge, options);
  };
  store.set = (key, session, maxAge, options) => {
    tell(key, options?.ctx);
    if (options?.ctx !== undefined) savedKeys.set(options.ctx, key);
    return set(key, session, maxAge, options);
  };
}

/** As in `koa-session`, whose stores may return expired sessions. */
function isExpired({ _expire: expires }: SessionData): boolean {
  return typeof expires === 'number' && expires < Date.now();
}

/** Adds the expiry where `express-session` has it. */
function withCookie(session: SessionData): SessionData {
  const { _expire: expires } = session;
  return typeof expires === 'number' ? { ...session, cookie: { expires: new Date(expires) } } : session;
}

import {
  adaptStore,
  pendingUpgradeOf,
  type ForeignStore,
  type SessionData,
  type SessionRequest,
  type SessionStore,
} from '@turnout/router/adapter';
import type { Context } from 'koa';

/** What `koa-session` tells its store of a call: `ctx` is there where a request makes it. */
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
 * Under which key the session of a context was last saved: after `regenerate()` the session itself names the old one.
 */
const savedKeys = new WeakMap<Context, string>();

/**
 * Has the session of an upgrade watched from when `koa-session` asks its store for it. To be called before middleware
 * runs.
 */
export function watchSession(context: Context): void {
  const { store, maxAge } = (context as unknown as SessionContext).sessionOptions ?? {};
  if (store !== undefined) adapt(store, maxAge);
}

/**
 * The session of `koa-session`, where it keeps it in a store; one that is kept in a cookie cannot be ended by others.
 */
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

/** What `koa-session` saves with a new session. */
function expiryOfNew(maxAge: unknown): number | undefined {
  return maxAge === 'session' ? undefined : Date.now() + (Number(maxAge) || day);
}

/** The stores whose calls tell upgrades of their sessions. */
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

/** Replaces the methods of a store that read and save by ones that first tell the upgrade whose session it is. */
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

/** As `koa-session` has it: its stores may give what is over. */
function isExpired({ _expire: expires }: SessionData): boolean {
  return typeof expires === 'number' && expires < Date.now();
}

/** With the time at which it expires where the convention of `express-session` has it. */
function withCookie(session: SessionData): SessionData {
  const { _expire: expires } = session;
  return typeof expires === 'number' ? { ...session, cookie: { expires: new Date(expires) } } : session;
}

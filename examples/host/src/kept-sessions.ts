import type { RequestHandler } from 'express';
import session from 'express-session';
import type { Database } from 'libsql';
import { loadSecret } from './load-secret.ts';
import { SessionStore } from './session-store.ts';
import type { WriteBatch } from './write-batch.ts';

const week = 7 * 24 * 60 * 60 * 1000;

export interface KeptSessionsOptions {
  /** Of the cookie: examples on one host name, on different ports, share their cookies. */
  readonly name: string;
  /** The folder that holds the secret. */
  readonly dataDir: string;
  readonly database: Database;
  readonly writes: WriteBatch;
  /** Whether a session still counts, asked each time it is read. Default: each does. */
  readonly isValid?: (data: session.SessionData) => boolean;
}

export interface KeptSessions {
  readonly middleware: RequestHandler;
  /** Ends the sweeping of expired sessions; to be called before the database is closed. */
  dispose(): void;
}

/** Sessions of a week since they were last used, that outlive a restart. What they decide is not to be cached. */
export function keptSessions({ name, dataDir, ...storing }: KeptSessionsOptions): KeptSessions {
  const store = new SessionStore(storing);
  return { middleware: sessionsIn({ name, secret: loadSecret(dataDir), store }), dispose: () => store.dispose() };
}

export interface SessionsOptions {
  readonly name: string;
  /** Signs the cookies. */
  readonly secret: string;
  readonly store: session.Store;
}

/** The same in any store. */
export function sessionsIn({ name, secret, store }: SessionsOptions): RequestHandler {
  const readSession = session({
    name,
    secret,
    store,
    resave: false,
    saveUninitialized: false,
    cookie: { httpOnly: true, sameSite: 'lax', secure: 'auto', maxAge: week },
  });
  return (request, response, next) => {
    response.setHeader('Cache-Control', 'no-store');
    readSession(request, response, next);
  };
}

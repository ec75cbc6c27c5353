import type { RequestHandler } from 'express';
import session from 'express-session';
import type { Database } from 'libsql';
import { loadSecret } from './load-secret.ts';
import { SessionStore } from './session-store.ts';
import type { WriteBatch } from './write-batch.ts';

const week = 7 * 24 * 60 * 60 * 1000;

export interface KeptSessionsOptions {
  /** The name of the cookie: examples on one host name share their cookies, even on different ports. */
  readonly name: string;
  /** The folder of the secret. */
  readonly dataDir: string;
  readonly database: Database;
  readonly writes: WriteBatch;
  /** Whether a session is still valid, checked at each read. Default: always. */
  readonly isValid?: (data: session.SessionData) => boolean;
}

export interface KeptSessions {
  readonly middleware: RequestHandler;
  /** Stops the removal of expired sessions; call it before closing the database. */
  dispose(): void;
}

/**
 * Sessions that expire a week after their last use, and survive a restart. Pages that depend on them must not be
 * cached.
 */
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

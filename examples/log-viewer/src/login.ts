import { freshSession, logOut } from '@turnout/example-host';
import express, { type RequestHandler, type Router } from 'express';
import { rateLimit } from 'express-rate-limit';
import type { Reader, UserStore } from './user-store.ts';

declare module 'express-session' {
  interface SessionData {
    reader: Reader;
  }
}

/** GET and POST /login, POST /logout. */
export function loginRoutes(users: UserStore): Router {
  const routes = express.Router();
  const slowGuesses = rateLimit({
    windowMs: 60_000,
    limit: 10,
    skipSuccessfulRequests: true,
    message: 'Too many tries to sign in: wait a minute\n',
  });
  routes.get('/login', (request, response) => {
    if (request.session.reader) return response.redirect('/');
    return response.render('login', { problem: undefined, name: '' });
  });
  routes.post(
    '/login',
    slowGuesses,
    express.urlencoded({ extended: false, limit: '4kb' }),
    async (request, response) => {
      const { name, password } = (request.body ?? {}) as Record<string, unknown>;
      const given = typeof name === 'string' ? name : '';
      // Read before the check, so that a password that changes meanwhile invalidates the sign-in.
      const reader = { name: given, credential: users.credentialOf(given) };
      const isKnown = typeof password === 'string' && (await users.check(given, password));
      if (!isKnown) {
        return response.status(401).render('login', { problem: 'That name and password are not known', name: given });
      }
      await freshSession(request);
      request.session.reader = reader;
      return response.redirect(303, '/');
    },
  );
  // Ends the tails that have no viewers any more.
  routes.post('/logout', logOut);
  return routes;
}

/** Redirects a request without a session to the login page. */
export const requirePageLogin: RequestHandler = (request, response, next) => {
  if (request.session.reader) next();
  else response.redirect('/login');
};

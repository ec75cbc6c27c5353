import { randomUUID } from 'node:crypto';
import express, { type RequestHandler, type Router } from 'express';
import type { User } from './audience.ts';

declare module 'express-session' {
  interface SessionData {
    voter: User;
  }
}

const maxNameLength = 40;

/** GET and POST /login, POST /logout. */
export function loginRoutes(): Router {
  const routes = express.Router();
  routes.get('/login', (request, response) => {
    if (request.session.voter) return response.redirect('/index');
    return response.render('login', { problem: undefined, name: '' });
  });
  routes.post('/login', express.urlencoded({ extended: false, limit: '4kb' }), (request, response, next) => {
    const given: unknown = (request.body as Record<string, unknown> | undefined)?.['name'];
    const name = typeof given === 'string' ? given.trim() : '';
    const problem = problemWith(name);
    if (problem !== undefined) return response.status(400).render('login', { problem, name });
    // A fresh session id, so that nobody can plant theirs on who signs in.
    return request.session.regenerate((error) => {
      if (error) return next(error);
      request.session.voter = { id: randomUUID(), name };
      return response.redirect(303, '/index');
    });
  });
  routes.post('/logout', (request, response, next) => {
    // Turnout closes the sockets of this session, with 3000.
    request.session.destroy((error) => (error ? next(error) : response.redirect(303, '/login')));
  });
  return routes;
}

function problemWith(name: string): string | undefined {
  // What a name is seen by: not a space, a mark that needs a letter under it, or what no font draws.
  if (!/[^\p{White_Space}\p{Default_Ignorable_Code_Point}\p{C}\p{M}]/u.test(name)) return 'Enter a name';
  if (name.length > maxNameLength) return `Enter a name of at most ${maxNameLength} characters`;
  // \p{Cf} holds those that turn the direction of the text around them. The two that join letters (and emoji) may stay.
  if (/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]|(?![\u200C\u200D])\p{Cf}/u.test(name))
    return 'Enter a name without control characters';
  return undefined;
}

/** Sends who has no session to the login page. */
export const requirePageLogin: RequestHandler = (request, response, next) => {
  if (request.session.voter) next();
  else response.redirect('/login');
};

/** Refuses the WebSocket of who has no session. */
export const requireSocketLogin: RequestHandler = (request, response, next) => {
  if (request.session.voter) next();
  else response.status(401).type('text').send('Sign in first: this WebSocket needs the session of /login\n');
};

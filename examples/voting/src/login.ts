import { randomUUID } from 'node:crypto';
import { freshSession, logOut, nameProblem } from '@turnout/example-host';
import express, { type RequestHandler, type Router } from 'express';
import type { User } from './live-poll.ts';

declare module 'express-session' {
  interface SessionData {
    voter: User;
  }
}

/** GET and POST /login, POST /logout. */
export function loginRoutes(): Router {
  const routes = express.Router();
  routes.get('/login', (request, response) => {
    if (request.session.voter) return response.redirect('/index');
    return response.render('login', { problem: undefined, name: '' });
  });
  routes.post('/login', express.urlencoded({ extended: false, limit: '4kb' }), async (request, response) => {
    const given: unknown = (request.body as Record<string, unknown> | undefined)?.['name'];
    const name = typeof given === 'string' ? given.trim() : '';
    const problem = nameProblem(name);
    if (problem !== undefined) return response.status(400).render('login', { problem, name });
    await freshSession(request);
    request.session.voter = { id: randomUUID(), name };
    return response.redirect(303, '/index');
  });
  routes.post('/logout', logOut);
  return routes;
}

/** Redirects a request without a session to the login page. */
export const requirePageLogin: RequestHandler = (request, response, next) => {
  if (request.session.voter) next();
  else response.redirect('/login');
};

import { randomUUID } from 'node:crypto';
import { freshSession, logOut, nameProblem } from '@turnout/example-host';
import express, { type RequestHandler, type Router } from 'express';
import type { Person } from './person.ts';
import { isRoomName } from './rooms.ts';

declare module 'express-session' {
  interface SessionData {
    chatter: Person;
  }
}

/** GET and POST /login, POST /logout. Their `room` is the page to open afterwards. */
export function loginRoutes(): Router {
  const routes = express.Router();
  routes.get('/login', (request, response) => {
    const { room } = request.query;
    if (request.session.chatter) return response.redirect(pathOf(room));
    return response.render('login', { problem: undefined, name: '', room: isRoomName(room) ? room : '' });
  });
  routes.post('/login', express.urlencoded({ extended: false, limit: '4kb' }), async (request, response) => {
    const { name: given, room } = (request.body ?? {}) as Record<string, unknown>;
    const name = typeof given === 'string' ? given.trim() : '';
    const problem = nameProblem(name);
    if (problem !== undefined) {
      return response.status(400).render('login', { problem, name, room: isRoomName(room) ? room : '' });
    }
    await freshSession(request);
    request.session.chatter = { id: randomUUID(), name };
    return response.redirect(303, pathOf(room));
  });
  routes.post('/logout', logOut);
  return routes;
}

function pathOf(room: unknown): string {
  return isRoomName(room) ? `/chat/${encodeURIComponent(room)}` : '/';
}

/** Redirects a request without a session to the login page, and back afterwards. */
export const requirePageLogin: RequestHandler<{ room?: string }> = (request, response, next) => {
  if (request.session.chatter) return next();
  const { room } = request.params;
  return response.redirect(room === undefined ? '/login' : `/login?room=${encodeURIComponent(room)}`);
};

import type { Request, RequestHandler } from 'express';
import type { SessionData } from 'express-session';

/** Creates a session with a fresh id at sign-in, which prevents session fixation. */
export function freshSession({ session }: Pick<Request, 'session'>): Promise<void> {
  return new Promise((resolve, reject) => {
    session.regenerate((error) => (error ? reject(error as Error) : resolve()));
  });
}

/** Ends the session. Turnout closes its sockets, with 3000. */
export const logOut: RequestHandler = (request, response, next) => {
  request.session.destroy((error) => (error ? next(error) : response.redirect(303, '/login')));
};

/**
 * Refuses a WebSocket without a session.
 *
 * @param key that a login sets in the session
 */
export function requireSocketLogin<Params = object>(key: keyof SessionData): RequestHandler<Params> {
  return (request, response, next) => {
    if (request.session[key]) next();
    else response.status(401).type('text').send('Sign in first: this WebSocket needs the session of /login\n');
  };
}

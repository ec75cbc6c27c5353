import type { WebSocketApp } from '@turnout/express';
import type { Request, RequestHandler } from 'express';

/** So many pages may somebody have open. */
const maxSockets = 50;

/**
 * Refuses one WebSocket more, with 429, to who has so many open already.
 *
 * @param userOf gives the name under which the app knows their sockets, as its option `user` does
 */
export function limitSockets<Params = object>(
  app: Pick<WebSocketApp, 'socketsOf'>,
  userOf: (request: Partial<Pick<Request, 'session'>>) => string | undefined,
): RequestHandler<Params> {
  return (request, response, next) => {
    const user = userOf(request);
    if (user === undefined || app.socketsOf(user).length < maxSockets) return next();
    return response.status(429).type('text').send(`You have ${maxSockets} pages open: close one first\n`);
  };
}

import type { IncomingMessage } from 'node:http';
import { pathOfTarget } from './path-of-target.ts';

/** How many different answers are told of: what a client asks for must not fill a log. */
const maxHints = 20;

const told = new Set<string>();

/** Why an upgrade that the app has answered is refused, for who watches. */
export function describeAnswer(status: number): string {
  if (status >= 400) return 'The app has answered';
  if (status >= 300) return 'The app has answered with a redirect, which WebSocket clients do not follow';
  return 'The app has answered with success, as if it were asked for a page';
}

/**
 * Tells a developer, outside of production and once for each path, of an upgrade that the app has answered as if it were a
 * plain request: a client sees no more than that it is refused.
 */
export function hintAtAnswer({ url }: IncomingMessage, status: number): void {
  if (status >= 400 || process.env['NODE_ENV'] === 'production') return;
  const path = pathOfTarget(url!);
  const key = `${status} ${path}`;
  if (told.has(key) || told.size === maxHints) return;
  told.add(key);
  const remedy =
    status >= 300
      ? 'clients do not follow redirects: refuse with 401 or 403, or put the middleware behind the WebSocket routes'
      : 'put the middleware that answers it behind the WebSocket routes, or refuse with 401 or 403';
  console.warn(`turnout: ${path} was asked for a WebSocket and answered with ${status}; ${remedy}`);
}

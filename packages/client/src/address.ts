import { expect } from './expect.ts';
import { page } from './page-events.ts';

/**
 * The address of a WebSocket: relative to the page, and `ws:` for `http:`.
 *
 * @throws {TypeError} if it is not a valid WebSocket address
 */
export function toUrl(given: string | URL): string {
  const url = new URL(given, page.location?.href).href.replace(/^http/, 'ws');
  expect(/^wss?:/.test(url), 'url', 'ws: or wss:', url);
  return url;
}

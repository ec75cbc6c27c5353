import { page } from './page-events.ts';

/**
 * The address of a WebSocket: relative to the page, and `ws:` for `http:`.
 *
 * @throws {TypeError} on one that no WebSocket takes
 */
export function toUrl(given: string | URL): string {
  const url = new URL(given, page.location?.href).href.replace(/^http/, 'ws');
  if (/^wss?:/.test(url)) return url;
  throw new TypeError(`Invalid url: expected ws: or wss:, got ${url}`);
}

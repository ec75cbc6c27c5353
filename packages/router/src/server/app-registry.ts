import { attach, type AnyServer } from './attach.ts';
import type { Switchboard } from './switchboard.ts';

const switchboards = new WeakMap<object, Switchboard>();

/** @throws {TypeError} on an app of a framework that has WebSocket routes already */
export function assertNewApp(app: object): void {
  if (switchboards.has(app)) throw new TypeError('Invalid app: it has WebSocket routes already');
}

export function registerApp(app: object, switchboard: Switchboard): void {
  switchboards.set(app, switchboard);
}

/**
 * Serves an app's WebSocket routes on a server.
 *
 * @throws {TypeError} on an app that is not registered
 */
export function attachApp(server: AnyServer, app: object): void {
  const switchboard = switchboards.get(app);
  if (switchboard === undefined) throw new TypeError('Invalid app: expected one that turnout() has returned');
  attach(server, switchboard);
}

import { attach, type AnyServer } from './attach.ts';
import type { UpgradeServer } from './upgrade-server.ts';

const upgradeServers = new WeakMap<object, UpgradeServer>();

/** The upgrade server of an app that was passed to `turnout()`. */
export function upgradeServerOf(app: object): UpgradeServer | undefined {
  return upgradeServers.get(app);
}

/** @throws {TypeError} on an app that already has WebSocket routes */
export function assertNewApp(app: object): void {
  if (upgradeServers.has(app)) throw new TypeError('Invalid app: it has WebSocket routes already');
}

export function registerApp(app: object, upgradeServer: UpgradeServer): void {
  upgradeServers.set(app, upgradeServer);
}

/**
 * Serves an app's WebSocket routes on a server.
 *
 * @throws {TypeError} on an app that is not registered
 */
export function attachApp(server: AnyServer, app: object): void {
  const upgradeServer = upgradeServers.get(app);
  if (upgradeServer === undefined) throw new TypeError('Invalid app: expected one that turnout() has returned');
  attach(server, upgradeServer);
}

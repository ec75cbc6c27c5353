import type { IncomingMessage } from 'node:http';
import { pendingUpgradeOf, type PendingUpgrade } from './pending-upgrade.ts';

/**
 * The upgrade that a request asks for, where only upgrades arrive.
 *
 * @throws {TypeError} for a plain request
 */
export function requirePendingUpgrade(request: IncomingMessage): PendingUpgrade {
  const pending = pendingUpgradeOf(request);
  if (pending === undefined) throw new TypeError('Invalid request: expected an upgrade, got a plain request');
  return pending;
}

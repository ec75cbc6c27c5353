import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { requirePendingUpgrade } from '../../src/upgrade/require-pending-upgrade.ts';

test('a plain request where only upgrades arrive is a mistake of the adapter', () => {
  expect(() => requirePendingUpgrade(new IncomingMessage(new Socket()))).toThrow(
    new TypeError('Invalid request: expected an upgrade, got a plain request'),
  );
});

import { describe, expect, test } from 'vitest';
import { DisconnectOrders } from '../../src/upgrade/disconnect-orders.ts';

describe('orders to disconnect users', () => {
  test('affect pending handshakes of that user, and no later ones', () => {
    const orders = new DisconnectOrders();
    const before = orders.lastNumber;
    orders.add('ann', 'final');
    expect([orders.since(before, 'ann'), orders.since(before, 'bob')]).toEqual(['final', undefined]);
    expect(orders.since(orders.lastNumber, 'ann')).toBeUndefined();
  });

  test.each([
    ['final', 'reconnect', 'final', 'reconnect'],
    ['reconnect', 'final', 'final', 'final'],
    ['reconnect', 'reconnect', 'reconnect', 'reconnect'],
  ] as const)(
    '%s and then %s mean %s for a handshake before both, and %s for one between them',
    (first, second, ...expected) => {
      const orders = new DisconnectOrders();
      const before = orders.lastNumber;
      orders.add('ann', first);
      const between = orders.lastNumber;
      orders.add('ann', second);
      expect([orders.since(before, 'ann'), orders.since(between, 'ann')]).toEqual(expected);
    },
  );

  test('are forgotten once they affect no pending handshake', () => {
    const orders = new DisconnectOrders();
    orders.add('ann', 'final');
    orders.add('bob', 'final');
    const between = orders.lastNumber;
    orders.add('ann', 'final');
    orders.add('eve', 'final');
    orders.forgetUntil(between);
    expect(['ann', 'bob', 'eve'].map((user) => orders.since(0, user))).toEqual(['final', undefined, 'final']);
    orders.forgetUntil(Infinity);
    expect(['ann', 'bob', 'eve'].map((user) => orders.since(0, user))).toEqual([undefined, undefined, undefined]);
  });

  test('for more users than are remembered make earlier handshakes retry', () => {
    const orders = new DisconnectOrders();
    for (let index = 0; index < 10_001; index++) orders.add(`user ${index}`, 'final');
    expect(['user 0', 'user 1', 'anybody'].map((user) => orders.since(0, user))).toEqual([
      'reconnect',
      'final',
      'reconnect',
    ]);
    expect(orders.since(orders.lastNumber, 'user 0')).toBeUndefined();
  });
});

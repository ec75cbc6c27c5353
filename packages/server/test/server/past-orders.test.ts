import { expect, test } from 'vitest';
import { PastOrders } from '../../src/server/past-orders.ts';

test('the newest 10,000 orders are remembered, with their age', () => {
  const past = new PastOrders();
  for (let count = 1; count <= 10_001; count++) past.add(`user ${count}`, false);
  const own = past.own();
  expect(own).toHaveLength(10_000);
  expect(own[0]).toMatchObject({ number: 2, user: 'user 2', reconnect: false });
  expect(own[0]!.age).toBeGreaterThanOrEqual(own.at(-1)!.age);
});

test('an order of another node is new once, among the last 10,000', () => {
  const past = new PastOrders();
  const order = (number: number) => ({ number, user: 'ann', reconnect: false, age: 0 });
  for (let number = 1; number <= 10_001; number++) expect(past.isNew('there', order(number))).toBe(true);
  expect(past.isNew('there', order(10_001))).toBe(false);
  expect(past.isNew('elsewhere', order(10_001))).toBe(true);
  expect(past.isNew('there', order(1))).toBe(true);
});

import { expect, test } from 'vitest';
import { RecentPublishers } from '../src/feed/recent-publishers.ts';

test('an active publisher is remembered, however many others appear', () => {
  const publishers = new RecentPublishers<number>();
  publishers.set('asked', 1);
  for (let index = 0; index < 5_000; index++) {
    publishers.set(`passer-by ${index}`, 1);
    publishers.set('set', index);
    publishers.get('asked');
  }
  expect([publishers.get('asked'), publishers.get('set')]).toEqual([1, 4_999]);
  expect(publishers.has('passer-by 0')).toBe(false);
});

test('publishers are unknown after an explicit clear', () => {
  const publishers = new RecentPublishers<number>();
  for (let index = 0; index < 600; index++) publishers.set(String(index), index);
  publishers.clear();
  expect(publishers.has('0') || publishers.has('599')).toBe(false);
});

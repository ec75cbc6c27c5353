import { slotOf, startClusterNode } from '@turnout/test-kit/redis-servers';
import { requireSystemPart } from '@turnout/test-kit/system-part';
import { describe, expect, test } from 'vitest';
import { hashSlot } from '../src/hash-slot.ts';

const keys = [
  '',
  'a',
  '{history:kept}:stream',
  '{}a',
  '{a',
  'a}{b}',
  'foo',
  '123456789',
  'turnout:0:topic:sharded',
  'history:kept',
  'wörd',
  '日本',
  'x'.repeat(300),
];

test('the slot of the check value of CRC16 is that of the specification', () => {
  expect(hashSlot('123456789')).toBe(0x31c3);
});

describe.skipIf(requireSystemPart('redis-server') === undefined)('a server of Redis', () => {
  test('puts each key into the same slot', async () => {
    const node = await startClusterNode();
    try {
      for (const key of keys) {
        expect(hashSlot(key), key).toBe(await slotOf(node.port, key));
      }
    } finally {
      await node.stop();
    }
  });
});

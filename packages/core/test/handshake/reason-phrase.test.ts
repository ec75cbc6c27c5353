import { STATUS_CODES } from 'node:http';
import { expect, test } from 'vitest';
import { reasonPhrase } from '../../src/handshake/reason-phrase.ts';

/** Phrases that RFC 9110 renamed and Node.js keeps; statuses that cannot refuse or are not in the registry. */
const different = new Map([
  [304, ''],
  [305, ''],
  [413, 'Content Too Large'],
  [418, ''],
  [422, 'Unprocessable Content'],
  [509, ''],
  [510, ''],
]);

test('reasonPhrase is that of the registry for every status from 300 on', () => {
  for (const [status, phrase] of Object.entries(STATUS_CODES)) {
    if (Number(status) < 300) continue;
    expect([status, reasonPhrase(Number(status))]).toEqual([status, different.get(Number(status)) ?? phrase]);
  }
});

test('reasonPhrase of an unregistered status is empty', () => {
  expect(reasonPhrase(499)).toBe('');
});

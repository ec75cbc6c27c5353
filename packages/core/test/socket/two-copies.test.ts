import { beforeAll, expect, test, vi } from 'vitest';
import type * as Budgets from '../../src/socket/byte-budget.ts';
import type * as Prepare from '../../src/socket/prepare-message.ts';
import type * as Pair from './socket-pair.ts';

/** A package manager installs two copies if two packages need incompatible versions. */
async function loadCopy(): Promise<typeof Pair & typeof Prepare & typeof Budgets> {
  vi.resetModules();
  const pair = await import('./socket-pair.ts');
  const prepare = await import('../../src/socket/prepare-message.ts');
  const budgets = await import('../../src/socket/byte-budget.ts');
  return { ...pair, ...prepare, ...budgets };
}

let one: Awaited<ReturnType<typeof loadCopy>>;
let other: typeof one;
beforeAll(async () => {
  one = await loadCopy();
  other = await loadCopy();
});

test('a socket sends a message that another copy of the package has prepared', async () => {
  expect(one.prepareMessage).not.toBe(other.prepareMessage);
  const { server, client } = one.createPair();
  const messages: unknown[] = [];
  client.on('message', (data, isBinary) => messages.push([data.toString(), isBinary]));
  const text = other.prepareMessage('x'.repeat(5_000));
  server.send(text);
  server.send(text);
  server.send(other.prepareMessage('plain', { compress: false }));
  server.send(other.prepareMessage(Buffer.from('bytes')));
  await expect.poll(() => messages.length).toBe(4);
  expect(messages).toEqual([
    ['x'.repeat(5_000), false],
    ['x'.repeat(5_000), false],
    ['plain', false],
    ['bytes', true],
  ]);
});

test('the limits of the process count the sockets of all copies', () => {
  const holder = { heldBytes: 100, shed: vi.fn<(total: number) => void>() };
  one.unsentBudget.count(holder, Infinity);
  const held = other.unsentBudget.count({ heldBytes: 0, shed: () => {} }, 99);
  one.unsentBudget.forget(holder);
  expect(held).toBe(true);
});

test('an object that only looks like a message is rejected', () => {
  const { server } = one.createPair();
  expect(() => server.send({ payload: Buffer.from('x'), isBinary: false } as never)).toThrow('Invalid data');
});

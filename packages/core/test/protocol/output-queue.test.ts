import { expect, test } from 'vitest';
import { OutputQueue } from '../../src/protocol/output-queue.ts';

const text = (payload: string | Uint8Array) => ({ fin: true, rsv1: false, opcode: 1, payload }) as const;
const hexOf = (chunks: readonly Uint8Array[]): string => Buffer.concat(chunks).toString('hex');

test('returns the frames of one turn as one chunk, even if another connection writes in between', () => {
  const [one, other] = [new OutputQueue('server'), new OutputQueue('server')];
  one.push(text('a'));
  one.push(text('b'));
  other.push(text('x'));
  one.push(text('c'));
  expect(one.byteLength).toBe(9);
  const chunks = one.take();
  expect(chunks).toHaveLength(2);
  expect(hexOf(chunks)).toBe('810161810162810163');
  expect(hexOf(other.take())).toBe('810178');
  expect([one.byteLength, one.take()]).toEqual([0, []]);
});

test('copies short bytes and text, and passes on long bytes of a server uncopied', () => {
  const queue = new OutputQueue('server');
  const short = Buffer.from('short');
  const medium = Buffer.alloc(40_000, 'm');
  const long = Buffer.alloc(65_536, 'l');
  for (const payload of [short, medium, long, 'é'.repeat(40_000)]) queue.push(text(payload));
  short.fill(0);
  medium.fill(0);
  const chunks = queue.take();
  expect(chunks.map(({ length }) => length)).toEqual([40_011, 10, 65_536, 80_010]);
  expect(chunks[2]).toBe(long);
  expect(Buffer.from(chunks[0]!).toString('latin1', 2, 7)).toBe('short');
  expect(chunks[0]![11]).toBe('m'.charCodeAt(0));
});

test('copies long bytes of a client, which are masked', () => {
  const queue = new OutputQueue('client');
  const long = Buffer.alloc(65_536, 'l');
  queue.push(text(long));
  expect(queue.take()).toHaveLength(1);
  expect(long.every((byte) => byte === 'l'.charCodeAt(0))).toBe(true);
});

test('reserves the place of a frame that is not ready yet', () => {
  const queue = new OutputQueue('server');
  queue.push(text('a'));
  const reservation = queue.reserve(1_000);
  queue.push(text('b'));
  expect([queue.byteLength, queue.pushed, queue.taken]).toEqual([1_006, 3, 0]);
  expect(hexOf(queue.take())).toBe('810161');
  expect([queue.byteLength, queue.taken]).toEqual([1_003, 1]);
  expect(queue.take()).toEqual([]);
  const second = queue.reserve(10);
  queue.fill(second, Buffer.from('later'));
  expect(queue.take()).toEqual([]);
  queue.fill(reservation, Buffer.from('now'));
  expect(Buffer.concat(queue.take()).toString('latin1')).toBe('now\x81\x01blater');
  expect([queue.byteLength, queue.pushed, queue.taken]).toEqual([0, 4, 4]);
});

test('drops everything, including frames that are not ready yet', () => {
  const queue = new OutputQueue('server');
  queue.push(text('a'));
  const reservation = queue.reserve(1_000);
  queue.push(text('b'));
  queue.clear();
  queue.fill(reservation, Buffer.from('too late'));
  queue.push(text('c'));
  expect(queue.byteLength).toBe(3);
  expect(hexOf(queue.take())).toBe('810163');
  queue.clear();
  expect(queue.take()).toEqual([]);
});

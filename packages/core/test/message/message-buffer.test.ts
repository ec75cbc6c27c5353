import { describe, expect, test } from 'vitest';
import { MessageBuffer } from '../../src/message/message-buffer.ts';

describe('MessageBuffer', () => {
  test('is empty at first', () => {
    const buffer = new MessageBuffer();
    expect(buffer.byteLength).toBe(0);
    expect(buffer.bytes).toEqual(Buffer.alloc(0));
  });

  test('joins parts in order, across every growth', () => {
    const buffer = new MessageBuffer();
    const parts = Array.from({ length: 300 }, (_, index) => Buffer.alloc(index % 7, index));
    for (const part of parts) buffer.append(part, null);
    const whole = Buffer.concat(parts);
    expect(buffer.byteLength).toBe(whole.length);
    expect(buffer.bytes).toEqual(whole);
  });

  test('does not keep the parts', () => {
    const buffer = new MessageBuffer();
    const part = Buffer.from('part');
    buffer.append(part, 8);
    part.fill(0);
    expect(buffer.bytes.toString()).toBe('part');
  });

  test('grows to twice its size, but never past the expected length', () => {
    const buffer = new MessageBuffer();
    buffer.append(Buffer.alloc(257), 1000);
    expect(buffer.bytes.buffer.byteLength).toBe(514);
    buffer.append(Buffer.alloc(300), 1000);
    expect(buffer.bytes.buffer.byteLength).toBe(1000);
    buffer.append(Buffer.alloc(443), 1000);
    expect(buffer.bytes.buffer.byteLength).toBe(1000);
    expect(buffer.byteLength).toBe(1000);
  });

  test('grows to twice its size while the length is unknown', () => {
    const buffer = new MessageBuffer();
    buffer.append(Buffer.alloc(10), null);
    expect(buffer.bytes.buffer.byteLength).toBe(256);
    buffer.append(Buffer.alloc(100_000), null);
    expect(buffer.bytes.buffer.byteLength).toBe(200_020);
  });

  test('allocates the whole known length once 64 KiB have arrived, and not before', () => {
    const buffer = new MessageBuffer();
    buffer.append(Buffer.alloc(65_535), 1_000_000);
    expect(buffer.bytes.buffer.byteLength).toBe(131_070);
    buffer.append(Buffer.alloc(100_000), 1_000_000);
    expect(buffer.bytes.buffer.byteLength).toBe(1_000_000);
  });

  test('makes room in one step for a part that is more than twice its size', () => {
    const buffer = new MessageBuffer();
    buffer.append(Buffer.alloc(5000, 1), 5000);
    expect(buffer.bytes.buffer.byteLength).toBe(5000);
    expect(buffer.bytes).toEqual(Buffer.alloc(5000, 1));
  });
});

import { createDeflateRaw, createInflateRaw, deflateRawSync, inflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { createCodec, deflateCodec, inflateCodec, isZlibStream, type Codec } from '../../src/deflate/codec.ts';

const deflateOptions = { level: 6, memLevel: 5, windowBits: 12 };
const tail = Buffer.from([0, 0, 0xff, 0xff]);
const noStream = {};

const codecs: [name: string, deflate: Codec, inflate: Codec][] = [
  [
    'that keeps its stream',
    createCodec(createDeflateRaw(deflateOptions), deflateRawSync, deflateOptions),
    createCodec(createInflateRaw({ windowBits: 12 }), inflateRawSync, { windowBits: 12 }),
  ],
  [
    'of public functions, for a Node.js whose streams have other internals',
    createCodec(noStream, deflateRawSync, deflateOptions),
    createCodec(noStream, inflateRawSync, { windowBits: 12 }),
  ],
];

const deflated = (codec: Codec, text: string): Buffer => Buffer.from(codec.run([Buffer.from(text)], Infinity).bytes);
const inflated = (codec: Codec, pieces: Buffer[], limit = 100): Buffer => Buffer.from(codec.run(pieces, limit).bytes);
const codeOf = (run: () => unknown): string | undefined => {
  try {
    run();
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
  return 'nothing was thrown';
};

describe.each(codecs)('a codec %s', (_name, deflate, inflate) => {
  test('restores each message independently of earlier ones', () => {
    for (const text of ['', 'a', 'Hello Hello Hello', 'x'.repeat(300_000), 'grüße 👋'.repeat(500)]) {
      const bytes = deflated(deflate, text);
      expect(bytes.subarray(-4)).toEqual(tail);
      expect(bytes).toEqual(deflated(deflate, text));
      expect(inflated(inflate, [bytes.subarray(0, -4), tail], Infinity).toString()).toBe(text);
      expect(inflateRawSync(bytes, { finishFlush: 2 }).toString()).toBe(text);
    }
  });

  test('stops at the limit, and remains usable', () => {
    const bytes = deflated(deflate, 'x'.repeat(5_000_000));
    for (const limit of [0, 1, 1000, 4_999_999]) {
      expect(codeOf(() => inflate.run([bytes], limit))).toBe('ERR_BUFFER_TOO_LARGE');
    }
    expect(inflated(inflate, [bytes], 5_000_000)).toHaveLength(5_000_000);
    expect(codeOf(() => inflate.run([deflated(deflate, 'x')], 0))).toBe('ERR_BUFFER_TOO_LARGE');
    expect(inflated(inflate, [deflated(deflate, '')], 0)).toHaveLength(0);
    expect(inflated(inflate, [deflated(deflate, 'short')], 5).toString()).toBe('short');
  });

  test("reports zlib's error for input that is not DEFLATE, and remains usable", () => {
    expect(codeOf(() => inflate.run([Buffer.from([0xff, 0xff]), tail], 100))).toBe('Z_DATA_ERROR');
    expect(inflated(inflate, [deflated(deflate, 'fine')]).toString()).toBe('fine');
  });

  test('ends at a final block, and reports how much input is left (RFC 7692 §7.2.3.4)', () => {
    const last = deflateRawSync('Hello');
    const output = inflate.run([Buffer.concat([last, Buffer.of(0)]), tail], 100);
    expect([Buffer.from(output.bytes).toString(), output.unread]).toEqual(['Hello', 5]);
    expect(inflate.run([last], 100).unread).toBe(0);
    expect(inflate.run([last, Buffer.of(1, 2), tail], 5).unread).toBe(6);
    expect(inflated(inflate, [deflated(deflate, 'next')]).toString()).toBe('next');
  });
});

test('reuses the streams of this Node.js', () => {
  expect(isZlibStream(createDeflateRaw())).toBe(true);
  expect(isZlibStream(noStream)).toBe(false);
});

test('is shared by all users of the same options', () => {
  expect(deflateCodec(deflateOptions)).toBe(deflateCodec({ ...deflateOptions }));
  expect(deflateCodec(deflateOptions)).not.toBe(deflateCodec({ ...deflateOptions, windowBits: 9 }));
  expect(inflateCodec({ windowBits: 12 })).toBe(inflateCodec({ windowBits: 12 }));
});

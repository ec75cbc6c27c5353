import { constants } from 'node:buffer';
import { describe, expect, test } from 'vitest';
import type { Role } from '../../src/role.ts';
import { defaultLimits } from '../../src/limits.ts';
import { FrameParser } from '../../src/frame/frame-parser.ts';
import { MessageAssembler, type MessageLimits } from '../../src/message/message-assembler.ts';
import type { Received } from '../../src/message/message-source.ts';
import { faultOf } from '../frame/fault.ts';
import { boundaryLengths, chunkings, chunksOf, peerFrame, rawFrame, splitAt } from '@turnout/test-kit/raw-frame';

const defaults: MessageLimits = {
  maxPayload: 1_048_576,
  maxFragments: Infinity,
  maxEmptyFragments: 16,
};

function assembled(chunks: readonly Buffer[], limits: Partial<MessageLimits> = {}, role: Role = 'client'): Received[] {
  const parser = new FrameParser({ role, allowsRsv1: false });
  const assembler = new MessageAssembler(parser, { ...defaults, ...limits });
  const received: Received[] = [];
  for (const chunk of chunks) {
    parser.push(chunk);
    for (let next = assembler.next(); next !== null; next = assembler.next()) received.push(next);
  }
  return received;
}

/** For long payloads: strings compare a thousand times faster than Buffers do. */
const shown = ({ opcode, payload }: Received): string => `${opcode} ${payload.toString('latin1')}`;

const text = (payload: string): Received => ({ opcode: 1, payload: Buffer.from(payload), isCompressed: false });
const binary = (payload: Uint8Array): Received => ({ opcode: 2, payload: Buffer.from(payload), isCompressed: false });

const sweep = (['server', 'client'] as const).flatMap((role) =>
  chunkings.flatMap((chunking) => boundaryLengths.map((length) => ({ role, chunking, length }))),
);

describe('MessageAssembler', () => {
  test.each(sweep)('of a $role returns $length bytes that arrive as $chunking', ({ role, chunking, length }) => {
    const payload = Buffer.alloc(length, 'abcdefg');
    const [first, second, third] = splitAt(payload, [length >> 2, length >> 1]) as [Buffer, Buffer, Buffer];
    const bytes = Buffer.concat([
      peerFrame(role, 0x82, payload),
      peerFrame(role, 0x01, first),
      peerFrame(role, 0x00, second),
      peerFrame(role, 0x80, third),
    ]);
    const expected = [binary(payload), text(payload.toString())];
    expect(assembled(chunksOf(bytes, chunking), {}, role).map(shown)).toEqual(expected.map(shown));
  });

  test('passes on a message of one frame in one read without a copy', () => {
    const chunk = rawFrame(0x82, 'bytes');
    expect(assembled([chunk])[0]!.payload.buffer).toBe(chunk.buffer);
  });

  test('allocates no more memory for a message of several fragments than its length, once that is known', () => {
    const chunks = [rawFrame(0x02, Buffer.alloc(300)), ...chunksOf(rawFrame(0x80, Buffer.alloc(400)), 'halves')];
    expect(assembled(chunks)[0]!.payload.buffer.byteLength).toBe(700);
  });

  test('passes on control frames between fragments as they arrive', () => {
    const frames = [
      rawFrame(0x01, 'He'),
      rawFrame(0x89, 'ping'),
      rawFrame(0x00, 'll'),
      rawFrame(0x8a, 'pong'),
      rawFrame(0x80, 'o'),
      rawFrame(0x88),
    ];
    expect(assembled([Buffer.concat(frames)])).toEqual([
      { opcode: 9, payload: Buffer.from('ping'), isCompressed: false },
      { opcode: 10, payload: Buffer.from('pong'), isCompressed: false },
      text('Hello'),
      { opcode: 8, payload: Buffer.alloc(0), isCompressed: false },
    ]);
  });

  test('refuses a continuation frame without a message', () => {
    const fault = '1002 WS_ERR_INVALID_OPCODE: Continuation frame without a message (§5.4)';
    expect(faultOf(() => assembled([rawFrame(0x80, 'x')]))).toBe(fault);
    expect(faultOf(() => assembled([rawFrame(0x81, 'x'), rawFrame(0x00)]))).toBe(fault);
    expect(faultOf(() => assembled([rawFrame(0x01), rawFrame(0x80), rawFrame(0x80)]))).toBe(fault);
  });

  test.each([0x01, 0x02, 0x81, 0x82])('refuses a new message, %i, inside a fragmented one', (first) => {
    expect(faultOf(() => assembled([rawFrame(0x01, 'x'), rawFrame(first, 'y')]))).toBe(
      '1002 WS_ERR_INVALID_OPCODE: New message inside a fragmented one (§5.4)',
    );
  });
});

describe('maxPayload', () => {
  test('accepts a message of exactly that length, in one frame or in several', () => {
    const frames = [rawFrame(0x81, 'four'), rawFrame(0x01, 'fo'), rawFrame(0x80, 'ur')];
    expect(assembled(frames, { maxPayload: 4 })).toEqual([text('four'), text('four')]);
  });

  test('refuses a frame at its header, before its payload', () => {
    expect(faultOf(() => assembled([rawFrame(0x82, 'fives').subarray(0, 2)], { maxPayload: 4 }))).toBe(
      '1009 WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: Message of 5 bytes or more is over maxPayload 4',
    );
  });

  test('counts all fragments of a message', () => {
    const frames = [rawFrame(0x02, 'fo'), rawFrame(0x00, 'ur'), rawFrame(0x00, 's')];
    expect(faultOf(() => assembled(frames, { maxPayload: 4 }))).toBe(
      '1009 WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: Message of 5 bytes or more is over maxPayload 4',
    );
  });

  test('does not count the control frames between them', () => {
    const frames = [rawFrame(0x01, 'fo'), rawFrame(0x89, 'a ping'), rawFrame(0x80, 'ur')];
    expect(assembled(frames, { maxPayload: 4 }).at(-1)).toEqual(text('four'));
  });

  test('of 0 accepts only empty messages', () => {
    expect(assembled([rawFrame(0x81)], { maxPayload: 0 })).toEqual([text('')]);
    expect(faultOf(() => assembled([rawFrame(0x81, 'x')], { maxPayload: 0 }))).toContain('1009');
  });

  test('of Infinity is limited by the length of a Buffer', () => {
    const head = Buffer.alloc(10, '827f', 'hex');
    head.writeBigUInt64BE(BigInt(constants.MAX_LENGTH) + 1n, 2);
    // From Node.js 22 on, the maximum length of a Buffer is the largest safe integer, which is also the limit of a
    // frame header.
    const expected =
      constants.MAX_LENGTH < Number.MAX_SAFE_INTEGER
        ? `1009 WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: Message of ${constants.MAX_LENGTH + 1} bytes or more is over maxPayload ${constants.MAX_LENGTH}`
        : '1009 WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH: Payload length is over 2^53 - 1 bytes';
    expect(faultOf(() => assembled([head], { maxPayload: Infinity }))).toBe(expected);
  });
});

describe('limits on fragments', () => {
  const fragments = (count: number, payload: string): Buffer =>
    Buffer.concat([
      rawFrame(0x02, payload),
      ...Array.from({ length: count - 2 }, () => rawFrame(0x00, payload)),
      rawFrame(0x80, payload),
    ]);

  test('maxFragments accepts exactly its number of fragments', () => {
    expect(assembled([fragments(3, 'x')], { maxFragments: 3 })).toEqual([binary(Buffer.from('xxx'))]);
    expect(faultOf(() => assembled([fragments(4, 'x')], { maxFragments: 3 }))).toBe(
      '1008 WS_ERR_TOO_MANY_FRAGMENTS: Too many fragments: over maxFragments 3',
    );
  });

  test('maxFragments counts each message separately', () => {
    expect(assembled([fragments(3, 'x'), fragments(3, 'y')], { maxFragments: 3 })).toHaveLength(2);
  });

  test('maxFragments does not affect a message of one frame, however many reads it arrives in', () => {
    expect(assembled(chunksOf(rawFrame(0x81, 'Hello'), 'bytes'), { maxFragments: 1 })).toEqual([text('Hello')]);
  });

  test('maxFragments is off by default: 16 MiB arrive in frames of 4,096 bytes, as many writers send them', () => {
    const message = Buffer.concat([
      rawFrame(0x02, Buffer.alloc(4_096)),
      ...Array<Buffer>(4_094).fill(rawFrame(0x00, Buffer.alloc(4_096))),
      rawFrame(0x80, Buffer.alloc(4_096)),
    ]);
    const { maxFragments } = defaultLimits;
    const [received] = assembled([message], { maxFragments, maxPayload: 16 * 1024 * 1024 });
    expect(received!.payload).toHaveLength(16 * 1024 * 1024);
  });

  test('maxFragments can be off', () => {
    expect(assembled([fragments(5000, 'x')])).toEqual([binary(Buffer.alloc(5000, 'x'))]);
  });

  test('maxEmptyFragments accepts its number in a row and refuses the next', () => {
    expect(assembled([fragments(17, '')])).toEqual([binary(Buffer.alloc(0))]);
    expect(faultOf(() => assembled([fragments(18, '')]))).toBe(
      '1008 WS_ERR_TOO_MANY_FRAGMENTS: Too many fragments: in a row without payload, over maxEmptyFragments 16',
    );
  });

  test('maxEmptyFragments restarts after a fragment that is not empty', () => {
    const empty = rawFrame(0x00);
    const frames = [rawFrame(0x02), empty, rawFrame(0x00, 'x'), empty, empty, rawFrame(0x80)];
    expect(assembled(frames, { maxEmptyFragments: 2 })).toEqual([binary(Buffer.from('x'))]);
  });
});

describe('text', () => {
  const fault = '1007 WS_ERR_INVALID_UTF8: Text is not valid UTF-8 (§8.1)';
  const hex = (bytes: string): Buffer => Buffer.from(bytes, 'hex');

  test('is refused in one frame', () => {
    expect(faultOf(() => assembled([rawFrame(0x81, hex('eda080'))]))).toBe(fault);
  });

  test('is refused at the first byte that cannot be valid, before the frame is complete', () => {
    const bytes = rawFrame(0x81, hex('41f4908080')).subarray(0, 5);
    expect(assembled([bytes.subarray(0, 4)])).toEqual([]);
    expect(faultOf(() => assembled([bytes]))).toBe(fault);
  });

  test('is refused in a later fragment', () => {
    expect(faultOf(() => assembled([rawFrame(0x01, 'fine'), rawFrame(0x00, hex('ff'))]))).toBe(fault);
  });

  test('is refused if it ends inside a code point', () => {
    expect(faultOf(() => assembled([rawFrame(0x01, 'fine'), rawFrame(0x80, hex('e282'))]))).toBe(fault);
    expect(faultOf(() => assembled(chunksOf(rawFrame(0x81, hex('41e282')), 'bytes')))).toBe(fault);
  });

  test.each([1, 2, 3])('is accepted if byte %i of a code point ends a fragment', (cut) => {
    const [start, end] = splitAt(Buffer.from('😀'), [cut]);
    expect(assembled([rawFrame(0x01, start), rawFrame(0x80, end)])).toEqual([text('😀')]);
  });

  test('is the only data that is checked: binary messages may contain any bytes', () => {
    expect(assembled([rawFrame(0x02, hex('ff')), rawFrame(0x80, hex('fe'))])).toEqual([binary(hex('fffe'))]);
  });
});

describe('the message in progress', () => {
  const begin = (length: number): { parser: FrameParser; assembler: MessageAssembler } => {
    const parser = new FrameParser({ role: 'client', allowsRsv1: false });
    const assembler = new MessageAssembler(parser, defaults);
    parser.push(rawFrame(0x02, 'x'.repeat(length)));
    expect(assembler.next()).toBeNull();
    return { parser, assembler };
  };

  test('is the same object until it is complete, and has the count of bytes received', () => {
    const { parser, assembler } = begin(2_500);
    const message = assembler.messageInProgress;
    expect(message?.byteLength).toBe(2_500);
    parser.push(rawFrame(0x00, 'x'.repeat(500)));
    expect(assembler.next()).toBeNull();
    expect(assembler.messageInProgress).toBe(message);
    expect(message?.byteLength).toBe(3_000);
    parser.push(rawFrame(0x80, 'x'));
    expect(assembler.next()?.payload).toHaveLength(3_001);
    expect(assembler.messageInProgress).toBeNull();
    parser.push(rawFrame(0x02, 'y'));
    assembler.next();
    expect(assembler.messageInProgress).not.toBe(message);
  });

  test('is null for a message in one frame and one read, and after it was abandoned', () => {
    const parser = new FrameParser({ role: 'client', allowsRsv1: false });
    const whole = new MessageAssembler(parser, defaults);
    parser.push(rawFrame(0x82, 'x'));
    expect([whole.next()?.payload.length, whole.messageInProgress]).toEqual([1, null]);
    const { assembler } = begin(10_000);
    assembler.dispose();
    assembler.dispose();
    expect(assembler.messageInProgress).toBeNull();
  });
});

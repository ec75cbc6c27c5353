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
  test.each(sweep)('of a $role gives $length bytes back that come as $chunking', ({ role, chunking, length }) => {
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

  test('hands on a message of one frame in one read without a copy', () => {
    const chunk = rawFrame(0x82, 'bytes');
    expect(assembled([chunk])[0]!.payload.buffer).toBe(chunk.buffer);
  });

  test('gives a message of several fragments no more memory than it is long, once its length is known', () => {
    const chunks = [rawFrame(0x02, Buffer.alloc(300)), ...chunksOf(rawFrame(0x80, Buffer.alloc(400)), 'halves')];
    expect(assembled(chunks)[0]!.payload.buffer.byteLength).toBe(700);
  });

  test('hands on control frames between fragments as they come', () => {
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
  test('lets a message of just that length through, in one frame or in several', () => {
    const frames = [rawFrame(0x81, 'four'), rawFrame(0x01, 'fo'), rawFrame(0x80, 'ur')];
    expect(assembled(frames, { maxPayload: 4 })).toEqual([text('four'), text('four')]);
  });

  test('refuses a frame by its header, before its payload', () => {
    expect(faultOf(() => assembled([rawFrame(0x82, 'fives').subarray(0, 2)], { maxPayload: 4 }))).toBe(
      '1009 WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: Message of 5 bytes or more is over maxPayload 4',
    );
  });

  test('counts all the fragments of a message', () => {
    const frames = [rawFrame(0x02, 'fo'), rawFrame(0x00, 'ur'), rawFrame(0x00, 's')];
    expect(faultOf(() => assembled(frames, { maxPayload: 4 }))).toBe(
      '1009 WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: Message of 5 bytes or more is over maxPayload 4',
    );
  });

  test('does not count the control frames between', () => {
    const frames = [rawFrame(0x01, 'fo'), rawFrame(0x89, 'a ping'), rawFrame(0x80, 'ur')];
    expect(assembled(frames, { maxPayload: 4 }).at(-1)).toEqual(text('four'));
  });

  test('of 0 lets empty messages through and no others', () => {
    expect(assembled([rawFrame(0x81)], { maxPayload: 0 })).toEqual([text('')]);
    expect(faultOf(() => assembled([rawFrame(0x81, 'x')], { maxPayload: 0 }))).toContain('1009');
  });

  test('of Infinity ends where a Buffer does', () => {
    const head = Buffer.alloc(10, '827f', 'hex');
    head.writeBigUInt64BE(BigInt(constants.MAX_LENGTH) + 1n, 2);
    // From Node.js 22 on, a Buffer may be as long as JavaScript can count, which is where the frame header's own rule
    // ends.
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

  test('maxFragments lets just so many through', () => {
    expect(assembled([fragments(3, 'x')], { maxFragments: 3 })).toEqual([binary(Buffer.from('xxx'))]);
    expect(faultOf(() => assembled([fragments(4, 'x')], { maxFragments: 3 }))).toBe(
      '1008 WS_ERR_TOO_MANY_FRAGMENTS: Too many fragments: over maxFragments 3',
    );
  });

  test('maxFragments counts anew for each message', () => {
    expect(assembled([fragments(3, 'x'), fragments(3, 'y')], { maxFragments: 3 })).toHaveLength(2);
  });

  test('maxFragments does not touch a message of one frame, however many reads it comes in', () => {
    expect(assembled(chunksOf(rawFrame(0x81, 'Hello'), 'bytes'), { maxFragments: 1 })).toEqual([text('Hello')]);
  });

  test('maxFragments is off by default: 16 MiB come in frames of 4,096 bytes, as many writers send them', () => {
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

  test('maxEmptyFragments lets so many in a row through and refuses the next', () => {
    expect(assembled([fragments(17, '')])).toEqual([binary(Buffer.alloc(0))]);
    expect(faultOf(() => assembled([fragments(18, '')]))).toBe(
      '1008 WS_ERR_TOO_MANY_FRAGMENTS: Too many fragments: in a row without payload, over maxEmptyFragments 16',
    );
  });

  test('maxEmptyFragments counts anew after a fragment that is not empty', () => {
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

  test('is refused at the first byte that cannot be right, before the frame is whole', () => {
    const bytes = rawFrame(0x81, hex('41f4908080')).subarray(0, 5);
    expect(assembled([bytes.subarray(0, 4)])).toEqual([]);
    expect(faultOf(() => assembled([bytes]))).toBe(fault);
  });

  test('is refused in a later fragment', () => {
    expect(faultOf(() => assembled([rawFrame(0x01, 'fine'), rawFrame(0x00, hex('ff'))]))).toBe(fault);
  });

  test('is refused where it ends inside a code point', () => {
    expect(faultOf(() => assembled([rawFrame(0x01, 'fine'), rawFrame(0x80, hex('e282'))]))).toBe(fault);
    expect(faultOf(() => assembled(chunksOf(rawFrame(0x81, hex('41e282')), 'bytes')))).toBe(fault);
  });

  test.each([1, 2, 3])('is read where byte %i of a code point ends a fragment', (cut) => {
    const [start, end] = splitAt(Buffer.from('😀'), [cut]);
    expect(assembled([rawFrame(0x01, start), rawFrame(0x80, end)])).toEqual([text('😀')]);
  });

  test('is the only thing that is checked: bytes are whatever they are', () => {
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

  test('is the same until it is whole, and tells how much of it has come', () => {
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

  test('is none for a message in one frame and one read, and after it was given up', () => {
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

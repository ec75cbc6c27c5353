import { describe, expect, test } from 'vitest';
import type { Role } from '../../src/role.ts';
import { FrameParser, type FramePart } from '../../src/frame/frame-parser.ts';
import { faultOf } from './fault.ts';
import { boundaryLengths, chunkings, chunksOf, peerFrame, rawFrame, sampleKey } from '@turnout/test-kit/raw-frame';

function partsOf(role: Role, chunks: readonly Buffer[]): FramePart[] {
  const parser = new FrameParser({ role: role, allowsRsv1: false });
  const parts: FramePart[] = [];
  for (const chunk of chunks) {
    parser.push(chunk);
    for (let part = parser.next(); part !== null; part = parser.next()) parts.push(part);
  }
  return parts;
}

const sweep = (['server', 'client'] as const).flatMap((role) =>
  chunkings.flatMap((chunking) => boundaryLengths.map((length) => ({ role, chunking, length }))),
);

describe('FrameParser', () => {
  test.each(sweep)('of a $role reads $length bytes that arrive as $chunking', ({ role, chunking, length }) => {
    const payload = Buffer.alloc(length, 'abcdefg');
    const parts = partsOf(role, chunksOf(peerFrame(role, 0x82, payload), chunking));
    expect(Buffer.concat(parts.map((part) => part.payload)).equals(payload)).toBe(true);
    expect(new Set(parts.map((part) => `${part.fin} ${part.opcode} ${part.payloadLength}`))).toEqual(
      new Set([`true 2 ${length}`]),
    );
    expect(parts.map((part) => part.isFirst)).toEqual(parts.map((_, index) => index === 0));
    expect(parts.map((part) => part.isLast)).toEqual(parts.map((_, index) => index === parts.length - 1));
  });

  test.each(chunkings)('passes on complete control frames that arrive as %s', (chunking) => {
    const ping = Buffer.alloc(125, 'ping');
    const bytes = Buffer.concat([peerFrame('server', 0x89, ping), peerFrame('server', 0x8a)]);
    expect(partsOf('server', chunksOf(bytes, chunking))).toEqual([
      { fin: true, rsv1: false, opcode: 9, payloadLength: 125, payload: ping, isFirst: true, isLast: true },
      { fin: true, rsv1: false, opcode: 10, payloadLength: 0, payload: Buffer.alloc(0), isFirst: true, isLast: true },
    ]);
  });

  test('passes on a data frame at its header, once, before the payload has arrived', () => {
    const parser = new FrameParser({ role: 'client', allowsRsv1: false });
    parser.push(Buffer.from('017e1000', 'hex'));
    expect(parser.next()).toEqual({
      fin: false,
      rsv1: false,
      opcode: 1,
      payloadLength: 4096,
      payload: Buffer.alloc(0),
      isFirst: true,
      isLast: false,
    });
    expect(parser.next()).toBeNull();
    parser.push(Buffer.from('ab'));
    expect(parser.next()).toMatchObject({ payload: Buffer.from('ab'), isFirst: false, isLast: false });
    expect(parser.next()).toBeNull();
  });

  test('passes on a payload as a view of the chunk, unmasked in place', () => {
    const chunk = rawFrame(0x81, 'Hello', sampleKey);
    const [part] = partsOf('server', [chunk]);
    expect(part!.payload.buffer).toBe(chunk.buffer);
    expect(chunk.subarray(6).toString()).toBe('Hello');
  });

  test('reads a payload masked with zeros unchanged', () => {
    const [part] = partsOf('server', [rawFrame(0x81, 'Hello', 0)]);
    expect(part!.payload.toString()).toBe('Hello');
  });

  test('reads all chunks that were pushed before the first call of next()', () => {
    const parser = new FrameParser({ role: 'client', allowsRsv1: false });
    for (const chunk of chunksOf(Buffer.concat([rawFrame(0x81, 'one'), rawFrame(0x82, 'two')]), 'bytes')) {
      parser.push(chunk);
    }
    expect(parser.next()!.payload.toString()).toBe('one');
    parser.push(rawFrame(0x81, 'three'));
    expect(parser.next()!.payload.toString()).toBe('two');
    expect(parser.next()!.payload.toString()).toBe('three');
    expect(parser.next()).toBeNull();
  });

  test('keeps the start of a frame, but not its chunk', () => {
    const chunk = Buffer.concat([rawFrame(0x82, Buffer.alloc(1000)), rawFrame(0x89, 'ping').subarray(0, 4)]);
    const parser = new FrameParser({ role: 'client', allowsRsv1: false });
    parser.push(chunk);
    expect(parser.next()!.isLast).toBe(true);
    expect(parser.next()).toBeNull();
    chunk.fill(0xff);
    parser.push(Buffer.from('ng'));
    expect(parser.next()!.payload.toString()).toBe('ping');
  });

  test("throws a header's fault after the frames before it", () => {
    const parser = new FrameParser({ role: 'client', allowsRsv1: false });
    parser.push(Buffer.concat([rawFrame(0x81, 'fine'), Buffer.of(0x83)]));
    expect(parser.next()!.payload.toString()).toBe('fine');
    expect(faultOf(() => parser.next())).toBe('1002 WS_ERR_INVALID_OPCODE: Reserved opcode 3 (§5.2)');
  });
});

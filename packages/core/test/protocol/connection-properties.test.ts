import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Role } from '../../src/role.ts';
import { Connection } from '../../src/protocol/connection.ts';
import { rawFrame, splitAt } from '@turnout/test-kit/raw-frame';
import { drive, framesWritten } from '@turnout/test-kit/driven';

const role = fc.constantFrom<Role>('server', 'client');
const cuts = fc.array(fc.nat(), { maxLength: 12 });
const key = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffffffff }));
const length = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom(0, 125, 126, 127, 65_535, 65_536) },
  { weight: 1, arbitrary: fc.nat(200) },
  { weight: 1, arbitrary: fc.nat(70_000) },
);

interface Message {
  readonly isBinary: boolean;
  readonly payload: Buffer;
}

/** Text of exactly this many bytes: complete characters of one to four bytes, padded with letters. */
function textOf(characters: readonly string[], byteLength: number): Buffer {
  const pattern = Buffer.from(characters.join(''));
  const whole = Math.floor(byteLength / pattern.length) * pattern.length;
  return Buffer.concat([Buffer.alloc(whole, pattern), Buffer.alloc(byteLength - whole, 'x')]);
}

const characters = fc.array(fc.constantFrom('a', '\0', 'ä', 'κ', '€', '\u{ffff}', '😀', '\u{10ffff}'), {
  minLength: 1,
  maxLength: 6,
});
const message: fc.Arbitrary<Message> = fc.oneof(
  fc.record({ isBinary: fc.constant(false), payload: fc.tuple(characters, length).map((parts) => textOf(...parts)) }),
  fc.record({
    isBinary: fc.constant(true),
    payload: fc
      .tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), length)
      .map(([pattern, byteLength]) => Buffer.alloc(byteLength, pattern)),
  }),
);

interface ControlFrame {
  readonly opcode: 9 | 10;
  readonly payload: Uint8Array;
}
const controls = fc.array(
  fc.record({ opcode: fc.constantFrom(9 as const, 10 as const), payload: fc.uint8Array({ maxLength: 125 }) }),
  { maxLength: 2 },
);

/** A message cut into frames, with control frames before each of them. */
const fragmented = fc.record({
  message,
  cuts: fc.oneof(fc.constant<number[]>([]), cuts),
  controls: fc.array(controls, { maxLength: 13 }),
  key,
});

interface FragmentedMessage {
  readonly message: Message;
  readonly cuts: number[];
  readonly controls: ControlFrame[][];
  readonly key: number;
}

interface Stream {
  readonly bytes: Buffer;
  readonly events: string[];
}

function streamOf(parts: readonly FragmentedMessage[], reader: Role): Stream {
  const frames: Buffer[] = [];
  const events: string[] = [];
  for (const part of parts) {
    const mask = reader === 'server' ? part.key : undefined;
    const payloads = splitAt(part.message.payload, part.cuts);
    for (const [index, payload] of payloads.entries()) {
      for (const { opcode, payload: data } of part.controls[index] ?? []) {
        frames.push(rawFrame(0x80 | opcode, data, mask));
        events.push(`${opcode === 9 ? 'ping' : 'pong'} ${Buffer.from(data).toString('latin1')}`);
      }
      const fin = index === payloads.length - 1 ? 0x80 : 0;
      const opcode = index > 0 ? 0 : part.message.isBinary ? 2 : 1;
      frames.push(rawFrame(fin | opcode, payload, mask));
    }
    events.push(`${part.message.isBinary ? 'binary' : 'text'} ${part.message.payload.toString('latin1')}`);
  }
  return { bytes: Buffer.concat(frames), events };
}

describe('any message', () => {
  test('is restored from any fragments, with any control frames between them, at any split of the bytes', () => {
    fc.assert(
      fc.property(role, fc.array(fragmented, { minLength: 1, maxLength: 3 }), cuts, (reader, parts, places) => {
        const { bytes, events } = streamOf(parts, reader);
        const connection = new Connection({ role: reader });
        const seen = drive(connection, splitAt(bytes, places));
        expect(seen.length).toBe(events.length);
        expect(seen.every((event, index) => event === events[index])).toBe(true);
        expect(connection.state).toBe('open');
      }),
      { numRuns: 200 },
    );
  });

  test('is restored from bytes that arrive one by one', () => {
    fc.assert(
      fc.property(role, fragmented, (reader, part) => {
        const short = {
          ...part,
          message: { ...part.message, isBinary: true, payload: part.message.payload.subarray(0, 300) },
        };
        const { bytes, events } = streamOf([short], reader);
        expect(
          drive(
            new Connection({ role: reader }),
            Array.from(bytes, (byte) => Buffer.of(byte)),
          ),
        ).toEqual(events);
      }),
      { numRuns: 100 },
    );
  });

  test('that one role sends, whole or in fragments, is received by the other', () => {
    fc.assert(
      fc.property(role, message, cuts, cuts, (sender, { isBinary, payload }, fragments, places) => {
        const from = new Connection({ role: sender });
        // Text may only be cut between characters by an application, so its fragments here are strings.
        const pieces = isBinary ? splitAt(payload, fragments) : [payload.toString()];
        for (const [index, data] of pieces.entries()) from.send({ data, isBinary, fin: index === pieces.length - 1 });
        const to = new Connection({ role: sender === 'server' ? 'client' : 'server' });
        const [event, ...others] = drive(to, splitAt(Buffer.concat(from.takeOutput()), places));
        expect(others).toEqual([]);
        expect(event === `${isBinary ? 'binary' : 'text'} ${payload.toString('latin1')}`).toBe(true);
      }),
      { numRuns: 150 },
    );
  });
});

/** What a peer sees and what the application sees of these chunks. */
function outcome(reader: Role, chunks: readonly Buffer[]): unknown {
  const connection = new Connection({
    role: reader,
    limits: { maxPayload: 300, maxFragments: 20, maxEmptyFragments: 2 },
  });
  const events = drive(connection, chunks);
  const { state, closeInfo } = connection;
  const pong = connection.takePong();
  const output = framesWritten(reader, pong === null ? connection.takeOutput() : [...connection.takeOutput(), pong]);
  return { events, state, closeInfo, output };
}

/** Frames that are nearly valid: any first byte, mostly correct masking, payloads of any bytes. */
const nearlyFrame = fc
  .record({
    first: fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(0x81, 0x82, 0x01, 0x02, 0x00, 0x80, 0x89, 0x8a) },
      { weight: 1, arbitrary: fc.constantFrom(0x88, 0xc1, 0x09, 0x83) },
    ),
    payload: fc.oneof(
      fc.uint8Array({ maxLength: 130 }),
      fc.string({ unit: 'grapheme' }).map((text) => new Uint8Array(Buffer.from(text).subarray(0, 130))),
      fc
        .constantFrom('03e8', '03ec', '03e8ff', '00', 'f0', '9f', '9880', 'eda080')
        .map((bytes) => Buffer.from(bytes, 'hex')),
    ),
    key,
  })
  .map(({ first, payload, key: mask }) => ({ first, payload, mask }));

const mutation = fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 }));

describe('any bytes', () => {
  const expectSame = (reader: Role, bytes: Uint8Array, places: readonly number[]): void => {
    const whole = outcome(reader, splitAt(bytes, []));
    expect(outcome(reader, splitAt(bytes, places))).toEqual(whole);
    expect(
      outcome(
        reader,
        Array.from(bytes, (byte) => Buffer.of(byte)),
      ),
    ).toEqual(whole);
  };

  test('produce events or a close, never throw, and produce the same at every split', () => {
    fc.assert(
      fc.property(role, fc.uint8Array({ maxLength: 300 }), cuts, (reader, bytes, places) => {
        expectSame(reader, bytes, places);
      }),
      { numRuns: 500 },
    );
  });

  test('that were valid frames until some were changed do so too', () => {
    fc.assert(
      fc.property(
        role,
        fc.array(nearlyFrame, { maxLength: 12 }),
        fc.array(mutation, { maxLength: 3 }),
        cuts,
        (reader, frames, mutations, places) => {
          const bytes = Buffer.concat(
            frames.map(({ first, payload, mask }) => rawFrame(first, payload, reader === 'server' ? mask : undefined)),
          );
          for (const [place, change] of bytes.length === 0 ? [] : mutations) bytes[place % bytes.length]! ^= change;
          expectSame(reader, bytes, places);
        },
      ),
      { numRuns: 1500 },
    );
  });
});

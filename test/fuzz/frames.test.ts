import { deflateRawSync, constants } from 'node:zlib';
import { agreeOnDeflate, Connection, resolveDeflate, type Role } from '@turnout/core';
import { Receiver } from 'ws';
import { describe, expect } from 'vitest';
import { describeEvent, framesWritten } from '@turnout/test-kit/driven';
import { peerFrame } from '@turnout/test-kit/raw-frame';
import { fuzz } from './fuzz.ts';
import type { Random } from '@turnout/test-kit/random';

const texts = ['', 'Hello', 'grüße', '你好 👋', 'x'.repeat(130)].map((text) => Buffer.from(text));
const broken = [Buffer.from('c328', 'hex'), Buffer.from('eda080', 'hex'), Buffer.from('f8', 'hex')];
const closePayloads = ['', '03e8', '03e9627965', '0bb8', '03ed', '01', '03e8c328', '0fa0', '1388'].map((hex) =>
  Buffer.from(hex, 'hex'),
);

/** Mostly valid frames. */
function stream(random: Random, role: Role): Buffer {
  const frames: Buffer[] = [];
  let isInMessage = false;
  for (let count = 1 + random.below(6); count > 0; count--) {
    if (random.chance(20)) {
      const opcode = random.pick([8, 9, 10]);
      frames.push(
        peerFrame(role, 0x80 | opcode, opcode === 8 ? random.pick(closePayloads) : random.bytes(random.below(126))),
      );
      continue;
    }
    const fin = random.chance(70);
    const opcode = isInMessage ? 0 : 1 + random.below(2);
    const payload = random.chance(10) ? random.pick(broken) : random.pick([...texts, random.bytes(random.length(300))]);
    frames.push(peerFrame(role, (fin ? 0x80 : 0) | opcode, payload));
    isInMessage = !fin;
  }
  const bytes = Buffer.concat(frames);
  for (let edits = random.chance(50) ? 0 : 1 + random.below(2); edits > 0 && bytes.length > 0; edits--) {
    bytes[random.below(bytes.length)]! ^= 1 << random.below(8);
  }
  return bytes;
}

function* pieces(random: Random, bytes: Buffer): Generator<Buffer> {
  for (let start = 0; start < bytes.length;) {
    const end = start + 1 + random.below(random.pick([1, 3, bytes.length]));
    yield Buffer.from(bytes.subarray(start, end));
    start = end;
  }
}

const limits = { maxPayload: 100_000 };

/** All events of a connection for the bytes. */
function eventsOf(connection: Connection, chunks: Iterable<Buffer>): string[] {
  const events: string[] = [];
  for (const chunk of chunks) {
    connection.receive(chunk);
    for (let event = connection.next(); event !== null; event = connection.next()) {
      // The reason of a Close frame is in `closeInfo`.
      events.push(event.type === 'close' ? `close ${connection.closeInfo!.code}` : describeEvent(event));
    }
  }
  return events;
}

/** The same for the receiver of ws: its errors as `error`, and the close code. */
function eventsOfWs(role: Role, bytes: Buffer): string[] {
  const receiver = new Receiver({ isServer: role === 'server', maxPayload: limits.maxPayload });
  const events: string[] = [];
  const push = (name: string) => (data: Buffer, isBinary?: boolean) =>
    events.push(`${name === 'message' ? (isBinary ? 'binary' : 'text') : name} ${data.toString('latin1')}`);
  for (const name of ['message', 'ping', 'pong']) receiver.on(name, push(name));
  receiver.on('conclude', (code: number) => events.push(`close ${code}`));
  receiver._write(Buffer.from(bytes), '', (error) => error && events.push(`error ${closeCodeOf(error)}`));
  return events;
}

/** ws stores it under its own symbol. */
function closeCodeOf(error: object): number {
  const [statusCode] = Object.getOwnPropertySymbols(error);
  return (error as Record<symbol, number>)[statusCode!]!;
}

/** Faults that ws accepts, or reports later or differently. */
const stricter =
  /^error 100[278] WS_ERR_(NON_MINIMAL_LENGTH|INVALID_UTF8|TOO_MANY_FRAGMENTS|UNSUPPORTED_DATA_PAYLOAD_LENGTH)/;

describe.each(['server', 'client'] as const)('frames for a %s', (role) => {
  fuzz('any bytes cause events, the same at every split', { short: 5_000, long: 1_000_000 }, (random) => {
    const bytes = random.chance(20) ? random.bytes(random.length(200)) : stream(random, role);
    const connection = new Connection({ role, limits });
    const whole = eventsOf(connection, [Buffer.from(bytes)]);
    expect(eventsOf(new Connection({ role, limits }), pieces(random, bytes))).toEqual(whole);
    const pong = connection.takePong();
    framesWritten(role, [...connection.takeOutput(), ...(pong ? [pong] : [])]);
    expect(whole.filter((event) => event.startsWith('error')).length).toBeLessThanOrEqual(1);
  });

  fuzz('are read as by ws', { short: 5_000, long: 500_000 }, (random) => {
    const bytes = stream(random, role);
    const ours = eventsOf(new Connection({ role, limits }), [Buffer.from(bytes)]);
    const theirs = eventsOfWs(role, bytes);
    const fault = ours.at(-1) ?? '';
    if (stricter.test(fault)) return expect(theirs.slice(0, ours.length - 1)).toEqual(ours.slice(0, -1));
    // If a frame has several faults, implementations may name different ones first.
    const outcome = ours.map((event) => event.replace(/^(error \d+) .*$/s, '$1'));
    // If the bytes end inside a faulty frame, only one of the two may have noticed the fault.
    const [shorter, longer] = outcome.length < theirs.length ? [outcome, theirs] : [theirs, outcome];
    if (longer.length === shorter.length + 1 && longer.at(-1) === 'error 1002') longer.pop();
    return expect(outcome).toEqual(theirs);
  });
});

describe('inflating', () => {
  const deflate = (payload: Buffer): Buffer =>
    deflateRawSync(payload, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);

  fuzz('any compressed bytes are a message, or a fault', { short: 3_000, long: 500_000 }, (random) => {
    const settings = resolveDeflate({ clientNoContextTakeover: true, serverNoContextTakeover: true });
    const agreed = agreeOnDeflate([{ name: 'permessage-deflate', params: [] }], settings);
    const connection = new Connection({ role: 'server', limits: { maxPayload: 2_000 }, deflate: agreed });
    const payload = deflate(
      random.chance(50) ? Buffer.alloc(random.below(4_000), 'ab') : random.bytes(random.below(200)),
    );
    for (let edits = random.below(3); edits > 0 && payload.length > 0; edits--) {
      payload[random.below(payload.length)]! ^= 1 << random.below(8);
    }
    const bytes = peerFrame('server', 0xc0 | (1 + random.below(2)), payload);
    const events = eventsOf(connection, pieces(random, bytes));
    expect(events).toHaveLength(1);
    expect(events[0]).toMatch(
      /^(text|binary) |^error (1007|1009) WS_ERR_(INVALID_DEFLATE|INVALID_UTF8|UNSUPPORTED_MESSAGE_LENGTH)/s,
    );
    expect(events[0]!.length).toBeLessThan(2_100);
    connection.endOfStream();
  });
});

import { Connection, type Role } from '@turnout/core';
import { describe, expect, test } from 'vitest';
import { describeEvent, framesWritten } from '@turnout/test-kit/driven';
import { Random } from '@turnout/test-kit/random';
import { closeRows } from './close-rows.ts';
import { frameRows } from './frame-rows.ts';
import { asServerSends } from './mirror.ts';
import { textRows } from './text-rows.ts';
import { toBytes, type WireBytes, type WireRow } from './wire-row.ts';

/** Rows whose application is the echo: other applications are not part of the protocol. */
const rows = [...frameRows, ...textRows, ...closeRows].filter(
  ({ target = '/' }) => target.startsWith('/?') || target === '/',
);

/** Long ones are only split at random: in single bytes they would take minutes and show nothing more. */
const longest = 20_000;

function bytesOf({ early = '', sent }: WireRow): Buffer {
  return Buffer.concat([early, ...(Array.isArray(sent) ? (sent as WireBytes[]) : [sent as WireBytes])].map(toBytes));
}

interface Outcome {
  readonly events: readonly string[];
  readonly frames: readonly string[];
  readonly code: number | undefined;
}

/** The output of an echoing connection for bytes that arrive in these pieces. */
function outcomeOf({ target = '/' }: WireRow, role: Role, pieces: readonly Buffer[]): Outcome {
  const query = new URL(target, 'http://localhost').searchParams;
  const limits = Object.fromEntries([...query].map(([name, value]) => [name, Number(value)]));
  const connection = new Connection({ role, limits });
  const events: string[] = [];
  const output: Uint8Array[] = [];
  for (const piece of pieces) {
    connection.receive(Buffer.from(piece));
    for (let event = connection.next(); event !== null; event = connection.next()) {
      events.push(describeEvent(event));
      if (event.type === 'message') connection.send({ data: event.data, isBinary: event.isBinary, fin: true });
      // Immediately, so that a Ping has the same answer whatever arrives in the same read.
      const pong = connection.takePong();
      output.push(...connection.takeOutput(), ...(pong ? [pong] : []));
    }
    output.push(...connection.takeOutput());
  }
  return { events, frames: framesWritten(role, output), code: connection.closeInfo?.code };
}

function cutAt(bytes: Buffer, lengths: () => number): Buffer[] {
  const pieces: Buffer[] = [];
  for (let start = 0; start < bytes.length;) {
    const end = Math.min(bytes.length, start + Math.max(1, lengths()));
    pieces.push(bytes.subarray(start, end));
    start = end;
  }
  return pieces;
}

function* splits(bytes: Buffer): Generator<readonly [name: string, pieces: Buffer[]]> {
  if (bytes.length <= longest) yield ['byte by byte', cutAt(bytes, () => 1)];
  for (let seed = 1; seed <= 5; seed++) {
    const random = new Random(seed);
    const most = Math.max(2, Math.min(bytes.length, 4 * seed ** 4));
    yield [`at random, seed ${seed}`, cutAt(bytes, () => random.below(most))];
  }
}

const titled = rows.map((row) => [`${row.rule} (${row.section})`, row] as const);

describe('the result does not depend on how the bytes are split', () => {
  test.each(titled)('%s', (_, row) => {
    const bytes = bytesOf(row);
    const whole = outcomeOf(row, 'server', [bytes]);
    expect(whole.code ?? 'open').toBe(row.closeCode ?? whole.code ?? 'open');
    for (const [name, pieces] of splits(bytes)) expect(outcomeOf(row, 'server', pieces), name).toEqual(whole);
  });
});

describe("a client has the same result, with a server's frames", () => {
  const mirrored = titled.flatMap(([title, row]) => {
    const bytes = asServerSends(bytesOf(row));
    return bytes === null ? [] : [[title, row, bytes] as const];
  });

  test('nearly all rows apply: the others are about masks', () => {
    expect(titled.length - mirrored.length).toBeLessThanOrEqual(2);
  });

  test.each(mirrored)('%s', (_, row, bytes) => {
    const server = outcomeOf(row, 'server', [bytesOf(row)]);
    expect(outcomeOf(row, 'client', [bytes])).toEqual(server);
    for (const [name, pieces] of splits(bytes)) expect(outcomeOf(row, 'client', pieces), name).toEqual(server);
  });
});

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { closeRows } from './close-rows.ts';
import { EchoServer } from './echo-server.ts';
import { frameRows } from './frame-rows.ts';
import { handshakeRows, type HandshakeRow } from './handshake-rows.ts';
import { answerTo, exchange } from './raw-client.ts';
import { textRows } from './text-rows.ts';
import { toBytes, type WireBytes, type WireRow } from './wire-row.ts';

const server = new EchoServer();
beforeAll(() => server.listen());
afterAll(() => server.close());

const titled = <Row extends HandshakeRow | WireRow>(rows: readonly Row[]): [title: string, row: Row][] =>
  rows.map((row) => [`${row.rule} (${row.section})`, row]);

const isList = (sent: WireRow['sent']): sent is readonly WireBytes[] => Array.isArray(sent);

/** A short answer, or the length and both ends of a long one, which is enough for a reader. */
function shown(bytes: Buffer): string {
  if (bytes.length <= 300) return bytes.toString('hex');
  return `${bytes.subarray(0, 40).toString('hex')}… ${bytes.length} bytes …${bytes.subarray(-20).toString('hex')}`;
}

async function expectRow({ target = '/', early = '', sent, answer, closeCode }: WireRow): Promise<void> {
  const chunks = (isList(sent) ? sent : [sent]).map(toBytes);
  const livesOn = closeCode === undefined;
  if (livesOn) chunks.push(toBytes('88 82 00000000 03e8'));
  const expected = livesOn ? Buffer.concat([toBytes(answer), toBytes('88 02 03e8')]) : toBytes(answer);
  const { bytes, closeInfo } = await exchange(server, { target, early: toBytes(early), chunks });
  expect(shown(bytes)).toBe(shown(expected));
  expect(bytes.equals(expected)).toBe(true);
  expect(closeInfo.code).toBe(closeCode ?? 1000);
}

describe('the opening handshake', () => {
  test.each(titled(handshakeRows))('%s', async (_, { request, answer }) => {
    expect(await answerTo(server, Buffer.from(request, 'latin1'))).toBe(answer);
  });
});

describe('frames', () => {
  test.each(titled(frameRows))('%s', (_, row) => expectRow(row));
});

describe('text', () => {
  test.each(titled(textRows))('%s', (_, row) => expectRow(row));
});

describe('closing', () => {
  test.each(titled(closeRows))('%s', (_, row) => expectRow(row));
});

import { expect, test } from 'vitest';
import { resolveDeflate } from '../../src/deflate/deflate-settings.ts';
import { Deflater } from '../../src/deflate/deflater.ts';
import { Connection } from '../../src/protocol/connection.ts';
import { PreparedMessage } from '../../src/protocol/prepared-message.ts';
import { framesWritten } from '@turnout/test-kit/driven';

const prepare = (data: string | Uint8Array, isBinary = false): PreparedMessage =>
  new PreparedMessage(data, { isBinary, compress: true });
const settings = resolveDeflate(true)!;
const deflater = (windowBits = 12): Deflater => new Deflater(settings, { windowBits, keepsContext: false });
const sentTo = (connection: Connection, message: PreparedMessage): Uint8Array[] => {
  connection.sendPrepared(message);
  return connection.takeOutput();
};

test('is framed once for all servers, in its place among other messages', () => {
  const message = prepare('news');
  const connection = new Connection({ role: 'server' });
  connection.send({ data: 'before', isBinary: false, fin: true });
  connection.sendPrepared(message);
  connection.send({ data: 'after', isBinary: false, fin: true });
  const chunks = connection.takeOutput();
  expect(chunks[1]).toBe(message.frame);
  expect(framesWritten('server', chunks)).toEqual(['81 before', '81 news', '81 after']);
  expect(sentTo(new Connection({ role: 'server' }), message)[0]).toBe(message.frame);
});

test('keeps the data as it was when it was prepared', () => {
  const bytes = Buffer.from('bytes');
  const message = prepare(bytes, true);
  bytes.fill(0);
  expect(framesWritten('server', [message.frame])).toEqual(['82 bytes']);
  expect(() => prepare(Buffer.of(0xff))).toThrow('Invalid text message: expected UTF-8');
});

test('is masked by each client with its own key', () => {
  const message = prepare('news');
  const [one, other] = [new Connection({ role: 'client' }), new Connection({ role: 'client' })];
  const [first, second] = [sentTo(one, message), sentTo(other, message)];
  expect(Buffer.concat(first)).not.toEqual(Buffer.concat(second));
  for (const output of [first, second]) expect(framesWritten('client', output)).toEqual(['81 news']);
});

test('ends a message that was begun in fragments, and is not sent once closed', () => {
  const connection = new Connection({ role: 'server' });
  connection.send({ data: 'begun, ', isBinary: false, fin: false });
  connection.sendPrepared(prepare('ended'));
  connection.sendPrepared(prepare('next'));
  expect(framesWritten('server', connection.takeOutput())).toEqual(['01 begun, ', '80 ended', '81 next']);
  connection.close();
  connection.takeOutput();
  expect(connection.sendPrepared(prepare('late'))).toBe(false);
  expect(connection.takeOutput()).toEqual([]);
});

test('is deflated once for all connections with the same parameters', async () => {
  for (const length of [2_000, 50_000]) {
    const message = prepare('x'.repeat(length));
    const frame = message.frameFor(deflater());
    expect(message.frameFor(deflater())).toBe(frame);
    const [one, other] = [await frame, await message.frameFor(deflater(9))];
    expect(one[0]).toBe(0xc1);
    expect(other).not.toBe(one);
    expect(message.frameFor(deflater())).toBe(one);
  }
});

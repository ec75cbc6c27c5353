import { randomBytes } from 'node:crypto';
import { constants, createDeflateRaw, deflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { resolveDeflate, type DeflateSettings } from '../../src/deflate/deflate-settings.ts';
import { Deflater } from '../../src/deflate/deflater.ts';
import { Inflater } from '../../src/deflate/inflater.ts';
import { ProtocolError } from '../../src/errors.ts';

const settings = (options = {}): DeflateSettings => resolveDeflate({ ...options })!;
const maxPayload = 1024 * 1024;

interface Way {
  readonly windowBits?: number;
  readonly keepsContext?: boolean;
  readonly maxPayload?: number;
  readonly maxRatio?: number;
  readonly maxFinalBlocks?: number;
}

function deflaterFor({ windowBits = 12, keepsContext = false }: Way = {}): Deflater {
  return new Deflater(settings(), { windowBits, keepsContext });
}

function inflaterFor(way: Way = {}): Inflater {
  const { windowBits = 12, keepsContext = false, maxRatio, maxFinalBlocks, ...limits } = way;
  return new Inflater(settings({ maxRatio, maxFinalBlocks }), { windowBits, keepsContext, maxPayload, ...limits });
}

const deflated = async (deflater: Deflater, message: Buffer): Promise<Buffer> =>
  Buffer.from(await deflater.deflate(message));

/** Waits for a fault, thrown or rejected with, and returns it as `<close code> <code>: <message>`. */
async function faultOf(run: () => unknown): Promise<string> {
  try {
    await run();
  } catch (error) {
    if (error instanceof ProtocolError) return `${error.closeCode} ${error.code}: ${error.message}`;
    throw error;
  }
  return 'no fault';
}

const mebibyte = 1024 * 1024;

/** Compresses a whole message independently, as it is sent on the wire (RFC 7692 §7.2.1). */
const wholly = (message: string | Buffer): Buffer =>
  deflateRawSync(message, { finishFlush: constants.Z_SYNC_FLUSH, windowBits: 12 }).subarray(0, -4);

/** The same with its end, so that more blocks can follow. */
const flushed = (message: string): Buffer =>
  deflateRawSync(message, { finishFlush: constants.Z_SYNC_FLUSH, windowBits: 12 });

const letters = (length: number): Buffer => Buffer.from(randomBytes(length).toString('base64').slice(0, length));
const sizes = [0, 1, 100, 4_096, 8_192, 8_193, 100_000];

describe.each([
  ['without a context', false],
  ['with a context', true],
])('%s', (_name, keepsContext) => {
  test.each([8, 9, 10, 12, 15])('restores messages of any length, with a window of %i bits', async (windowBits) => {
    const deflater = deflaterFor({ windowBits, keepsContext });
    const inflater = inflaterFor({ windowBits, keepsContext });
    for (const size of sizes) {
      const half = letters(size);
      // The second half refers far back, if the window allows it.
      const message = Buffer.concat([half, half]);
      expect(Buffer.compare(await inflater.inflate(await deflated(deflater, message)), message)).toBe(0);
    }
    deflater.dispose();
    inflater.dispose();
  });

  test('fails with 1007 on input that is not DEFLATE', async () => {
    for (const payload of [Buffer.from([0xff, 0xff]), Buffer.alloc(5_000, 0xff)]) {
      const inflater = inflaterFor({ keepsContext });
      expect(await faultOf(() => inflater.inflate(payload))).toBe(
        '1007 WS_ERR_INVALID_DEFLATE: Not DEFLATE: invalid block type (RFC 7692 §7.2.2)',
      );
      inflater.dispose();
    }
  });

  test.each([1_000, 300_000])('accepts %i bytes at maxPayload, and fails with 1009 on one more', async (limit) => {
    const deflater = deflaterFor({ keepsContext });
    const inflater = inflaterFor({ keepsContext, maxPayload: limit });
    expect(await inflater.inflate(await deflated(deflater, letters(limit)))).toHaveLength(limit);
    const fault = await faultOf(async () => inflater.inflate(await deflated(deflater, letters(limit + 1))));
    expect(fault).toBe(
      `1009 WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: Message of more than ${limit} bytes when inflated is over maxPayload ${limit}`,
    );
    deflater.dispose();
    inflater.dispose();
  });

  test('accepts only empty messages if maxPayload is 0', async () => {
    const deflater = deflaterFor({ keepsContext });
    const inflater = inflaterFor({ keepsContext, maxPayload: 0 });
    expect(await inflater.inflate(await deflated(deflater, Buffer.alloc(0)))).toHaveLength(0);
    expect(await faultOf(async () => inflater.inflate(await deflated(deflater, letters(1))))).toContain('maxPayload 0');
    deflater.dispose();
    inflater.dispose();
  });

  test('accepts any compression ratio up to 16 MiB', async () => {
    const inflater = inflaterFor({ keepsContext, maxPayload: 64 * mebibyte, maxRatio: 1 });
    const rows = Buffer.from(
      JSON.stringify(Array.from({ length: 5_000 }, () => ({ id: 0, name: 'none', value: null }))),
    );
    for (const message of [rows, Buffer.alloc(200_000), Buffer.alloc(16 * mebibyte)]) {
      expect(Buffer.compare(await inflater.inflate(wholly(message)), message)).toBe(0);
    }
    inflater.dispose();
  });

  test('fails with 1009 on a bomb of more than 16 MiB, because of its ratio', async () => {
    const bomb = wholly(Buffer.alloc(50 * mebibyte));
    const inflater = inflaterFor({ keepsContext, maxPayload: Infinity });
    expect(await faultOf(() => inflater.inflate(bomb))).toBe(
      `1009 WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: Message of more than ${16 * mebibyte} bytes when inflated is over maxRatio 100`,
    );
    const patient = inflaterFor({ keepsContext, maxPayload: Infinity, maxRatio: Infinity });
    expect(await patient.inflate(bomb)).toHaveLength(50 * mebibyte);
    patient.dispose();
  });

  test('computes the ratio over the whole message, however many blocks it has', async () => {
    const pieces = [deflateRawSync(Buffer.alloc(10 * mebibyte)), wholly(Buffer.alloc(10 * mebibyte))];
    const fault = await faultOf(() =>
      inflaterFor({ keepsContext, maxPayload: Infinity }).inflate(Buffer.concat(pieces)),
    );
    expect(fault).toContain('over maxRatio 100');
  });

  describe.each([
    ['short', 'Hello ', 'World'],
    ['longer', 'Hello '.repeat(2_000), letters(9_000).toString()],
  ])('a %s message', (_length, first, second) => {
    // With the window of the inflater.
    const [last, next] = [first, second].map((text) => deflateRawSync(text, { windowBits: 12 })) as [Buffer, Buffer];
    const octet = Buffer.of(0);

    // RFC 7692 §7.2.3.4: a sender may flush with such blocks; the octet is an empty block whose end is omitted.
    test.each<[what: string, payload: Buffer, message: string]>([
      ['of one final block', Buffer.concat([last, octet]), first],
      ['of one final block, without the octet after it', last, first],
      ['of a final block and an ordinary one', Buffer.concat([last, wholly(second)]), first + second],
      ['of an ordinary block and a final one', Buffer.concat([flushed(first), next, octet]), first + second],
      ['of two final blocks', Buffer.concat([last, next, octet]), first + second],
      ['of two final blocks, without the octet after them', Buffer.concat([last, next]), first + second],
      ['of 50 final blocks', Buffer.concat([...Array<Buffer>(50).fill(last), octet]), first.repeat(50)],
      ['of empty final blocks', Buffer.concat([deflateRawSync(''), deflateRawSync(''), octet]), ''],
      ['that begins with an empty final block', Buffer.concat([deflateRawSync(''), wholly(second)]), second],
    ])('%s is read to its end', async (_what, payload, message) => {
      const inflater = inflaterFor({ keepsContext });
      for (let times = 0; times < 3; times++) expect(String(await inflater.inflate(payload)) === message).toBe(true);
      expect(String(await inflater.inflate(wholly('again')))).toBe('again');
      inflater.dispose();
    });

    test.each<[what: string, payload: Buffer]>([
      ['ends inside a block', wholly(second).subarray(0, -3)],
      ['ends inside a block after a final one', Buffer.concat([last, wholly(second).subarray(0, -3)])],
      ['ends inside a stored block', Buffer.concat([last, Buffer.of(0, 100, 0, 155, 255, 1, 2, 3)])],
      ['has garbage after a final block', Buffer.concat([last, Buffer.of(0xff, 0xff, 0xff)])],
      ['has one byte of garbage after a final block', Buffer.concat([last, Buffer.of(0x07)])],
    ])('that %s is refused with 1007, and not truncated', async (_what, payload) => {
      const inflater = inflaterFor({ keepsContext });
      expect(await faultOf(() => inflater.inflate(payload))).toMatch(/^1007 WS_ERR_INVALID_DEFLATE: Not DEFLATE: /);
    });
  });

  test('a block after a final one may refer to the data before it', async () => {
    const inflater = inflaterFor({ keepsContext });
    const start = letters(3_000);
    // An encoder that keeps its window, and only marks its first block as final.
    const stored = Buffer.alloc(5);
    stored.writeUInt8(1);
    stored.writeUInt16LE(start.length, 1);
    stored.writeUInt16LE(~start.length & 0xffff, 3);
    const again = deflateRawSync(start, { dictionary: start, finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
    expect(again.length).toBeLessThan(100);
    const message = await inflater.inflate(Buffer.concat([stored, start, again]));
    expect(message.equals(Buffer.concat([start, start]))).toBe(true);
  });

  test('applies maxPayload to all blocks of a message together', async () => {
    const blocks = (size: number): Buffer => Buffer.concat([deflateRawSync(letters(600)), wholly(letters(size))]);
    const inflater = inflaterFor({ keepsContext, maxPayload: 1_000 });
    expect(await inflater.inflate(blocks(400))).toHaveLength(1_000);
    expect(await faultOf(() => inflater.inflate(blocks(401)))).toContain('over maxPayload 1000');
  });

  test('accepts maxFinalBlocks in a message, and fails with 1008 on one more', async () => {
    const blocks = (count: number): Buffer =>
      Buffer.concat([...Array<Buffer>(count).fill(deflateRawSync('x')), Buffer.of(0)]);
    const inflater = inflaterFor({ keepsContext, maxFinalBlocks: 3 });
    expect(String(await inflater.inflate(blocks(3)))).toBe('xxx');
    expect(String(await inflater.inflate(blocks(3)))).toBe('xxx');
    expect(await faultOf(() => inflater.inflate(blocks(4)))).toBe(
      '1008 WS_ERR_TOO_MANY_FINAL_BLOCKS: Too many final blocks in a compressed message: over maxFinalBlocks 3',
    );
  });

  test('treats an empty payload as an empty message', async () => {
    const inflater = inflaterFor({ keepsContext });
    expect(await inflater.inflate(wholly('before'))).toHaveLength(6);
    expect(await inflater.inflate(Buffer.alloc(0))).toHaveLength(0);
    expect(String(await inflater.inflate(wholly('behind')))).toBe('behind');
  });

  test('inflates a short payload of a long message off the event loop', async () => {
    const payload = wholly(Buffer.alloc(100_000));
    expect(payload.length).toBeLessThan(200);
    const message = inflaterFor({ keepsContext }).inflate(payload);
    expect(message).toBeInstanceOf(Promise);
    expect(await message).toHaveLength(100_000);
  });

  test('continues off the event loop if a message turns out to be long after a final block', async () => {
    const payload = Buffer.concat([deflateRawSync('start'), wholly(Buffer.alloc(100_000))]);
    const message = await inflaterFor({ keepsContext }).inflate(payload);
    expect(message.subarray(0, 5).toString()).toBe('start');
    expect(message).toHaveLength(100_005);
  });
});

test.each([9, 12, 15])('a context of %i bits spans short and long messages', async (windowBits) => {
  const stream = createDeflateRaw({ windowBits });
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  const inflater = inflaterFor({ windowBits, keepsContext: true });
  const word = letters(300);
  for (const size of [10, 400, 6_000, 0, 5, 100_000, 30, 3_000, 9]) {
    const message = Buffer.concat([word, letters(size), word]);
    stream.write(message);
    await new Promise<void>((resolve) => stream.flush(constants.Z_SYNC_FLUSH, () => resolve()));
    const payload = Buffer.concat(chunks.splice(0)).subarray(0, -4);
    const inflated = await inflater.inflate(payload);
    expect(Buffer.compare(inflated, message)).toBe(0);
    // The application owns it: its changes must not affect the next message.
    inflated.fill(0);
  }
  stream.close();
});

test('fails with 1009 off the event loop on one byte if maxPayload is 0', async () => {
  const blocks = Buffer.alloc(5_000);
  // 1,000 empty stored blocks, and one with a byte.
  for (let start = 0; start < 4_990; start += 5) blocks.set([0, 0, 0, 0xff, 0xff], start);
  const message = Buffer.concat([blocks.subarray(0, 4_990), Buffer.from([0, 1, 0, 0xfe, 0xff, 65, 0])]);
  expect(await faultOf(() => inflaterFor({ maxPayload: 0 }).inflate(message))).toContain('maxPayload 0');
});

test('a context compresses repeated data to a few bytes', async () => {
  const deflater = deflaterFor({ windowBits: 15, keepsContext: true });
  const message = letters(2_000);
  const first = await deflated(deflater, message);
  const second = await deflated(deflater, message);
  expect(second.length).toBeLessThan(first.length / 20);
  deflater.dispose();
});

test('leaves nothing behind when disposed of while messages wait', async () => {
  const deflater = deflaterFor({ keepsContext: true });
  const waiting = [deflated(deflater, letters(50_000)), deflated(deflater, letters(50_000))];
  deflater.dispose();
  for (const result of waiting) expect((await result).length).toBeLessThan(50_000);
  const inflater = inflaterFor({ windowBits: 15, keepsContext: true });
  const inflating = inflater.inflate(wholly(letters(50_000)));
  inflater.dispose();
  inflater.dispose();
  expect(await inflating).toHaveLength(50_000);
});

import { randomBytes } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
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
}

function deflaterFor({ windowBits = 12, keepsContext = false }: Way = {}): Deflater {
  return new Deflater(settings(), { windowBits, keepsContext });
}

function inflaterFor({ windowBits = 12, keepsContext = false, maxRatio = 100, ...limits }: Way = {}): Inflater {
  return new Inflater(settings({ maxRatio }), { windowBits, keepsContext, maxPayload, ...limits });
}

const deflated = async (deflater: Deflater, message: Buffer): Promise<Buffer> =>
  Buffer.from(await deflater.deflate(message));

/** Waits for a fault, thrown or rejected with, and gives it as `<close code> <code>: <message>`. */
async function faultOf(run: () => unknown): Promise<string> {
  try {
    await run();
  } catch (error) {
    if (error instanceof ProtocolError) return `${error.closeCode} ${error.code}: ${error.message}`;
    throw error;
  }
  return 'no fault';
}

const letters = (length: number): Buffer => Buffer.from(randomBytes(length).toString('base64').slice(0, length));
const sizes = [0, 1, 100, 4_096, 8_192, 8_193, 100_000];

describe.each([
  ['without a context', false],
  ['with a context', true],
])('%s', (_name, keepsContext) => {
  test.each([8, 9, 10, 12, 15])('gives messages of any length back, with a window of %i bits', async (windowBits) => {
    const deflater = deflaterFor({ windowBits, keepsContext });
    const inflater = inflaterFor({ windowBits, keepsContext });
    for (const size of sizes) {
      const half = letters(size);
      // The second half refers far back, where the window allows.
      const message = Buffer.concat([half, half]);
      expect(Buffer.compare(await inflater.inflate(await deflated(deflater, message)), message)).toBe(0);
    }
    deflater.dispose();
    inflater.dispose();
  });

  test('says 1007 of what is not DEFLATE', async () => {
    for (const payload of [Buffer.from([0xff, 0xff]), Buffer.alloc(5_000, 0xff)]) {
      const inflater = inflaterFor({ keepsContext });
      expect(await faultOf(() => inflater.inflate(payload))).toBe(
        '1007 WS_ERR_INVALID_DEFLATE: Not DEFLATE: invalid block type (RFC 7692 §7.2.2)',
      );
      inflater.dispose();
    }
  });

  test.each([1_000, 300_000])('takes %i bytes at maxPayload, and says 1009 of one more', async (limit) => {
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

  test('takes nothing but empty messages where maxPayload is 0', async () => {
    const deflater = deflaterFor({ keepsContext });
    const inflater = inflaterFor({ keepsContext, maxPayload: 0 });
    expect(await inflater.inflate(await deflated(deflater, Buffer.alloc(0)))).toHaveLength(0);
    expect(await faultOf(async () => inflater.inflate(await deflated(deflater, letters(1))))).toContain('maxPayload 0');
    deflater.dispose();
    inflater.dispose();
  });

  test('says 1009 of a bomb, by its ratio', async () => {
    const bomb = deflateRawSync(Buffer.alloc(50 * maxPayload), { finishFlush: 2 }).subarray(0, -4);
    const inflater = inflaterFor({ keepsContext, maxPayload: Infinity });
    expect(await faultOf(() => inflater.inflate(bomb))).toBe(
      `1009 WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: Message of more than ${bomb.length * 100} bytes when inflated is over maxRatio 100`,
    );
    inflater.dispose();
    const small = deflateRawSync(Buffer.alloc(60_000), { finishFlush: 2 }).subarray(0, -4);
    const patient = inflaterFor({ keepsContext, maxRatio: 1 });
    expect(await patient.inflate(small)).toHaveLength(60_000);
    patient.dispose();
  });

  test('goes on after a block that says it is the last', async () => {
    const deflater = deflaterFor({ keepsContext });
    const inflater = inflaterFor({ keepsContext });
    const last = Buffer.concat([deflateRawSync('Hello'), Buffer.of(0)]);
    for (let times = 0; times < 2; times++) expect(String(await inflater.inflate(last))).toBe('Hello');
    expect(String(await inflater.inflate(await deflated(deflater, Buffer.from('again'))))).toBe('again');
    deflater.dispose();
    inflater.dispose();
  });
});

test('says 1009 off the event loop of one byte where maxPayload is 0', async () => {
  const blocks = Buffer.alloc(5_000);
  // 1,000 empty stored blocks, and one with a byte.
  for (let start = 0; start < 4_990; start += 5) blocks.set([0, 0, 0, 0xff, 0xff], start);
  const message = Buffer.concat([blocks.subarray(0, 4_990), Buffer.from([0, 1, 0, 0xfe, 0xff, 65, 0])]);
  expect(await faultOf(() => inflaterFor({ maxPayload: 0 }).inflate(message))).toContain('maxPayload 0');
});

test('a context compresses what it has seen before to a few bytes', async () => {
  const deflater = deflaterFor({ windowBits: 15, keepsContext: true });
  const message = letters(2_000);
  const first = await deflated(deflater, message);
  const second = await deflated(deflater, message);
  expect(second.length).toBeLessThan(first.length / 20);
  deflater.dispose();
});

test('disposed of while messages wait, leaves nothing behind', async () => {
  const deflater = deflaterFor({ keepsContext: true });
  const waiting = [deflated(deflater, letters(50_000)), deflated(deflater, letters(50_000))];
  deflater.dispose();
  for (const result of waiting) expect((await result).length).toBeLessThan(50_000);
  const inflater = inflaterFor({ keepsContext: true });
  void inflater.inflate(deflateRawSync(letters(50_000), { finishFlush: 2 }));
  inflater.dispose();
  inflater.dispose();
});

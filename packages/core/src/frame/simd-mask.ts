import { simdMaskModule } from './simd-mask-module.ts';

/**
 * Masks `bytes` in place with a key whose highest byte belongs to the first of them.
 *
 * @returns whether all masked bytes are below 128
 */
export type SimdMask = (bytes: Uint8Array, key: number) => boolean;

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly mask: (length: number, key: number) => number;
}

/** What there is of WebAssembly: types for Node.js without the DOM have none of it. */
interface Engine {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
}

/**
 * How much is masked at once, in bytes: what fits the processor's nearest cache, which makes long payloads twice as
 * fast.
 */
const step = 16 * 1024;

/**
 * Masking 16 bytes at a time, by WebAssembly: a copy to its memory, and one back, cost less than a loop over the bytes
 * from some dozen of them on.
 *
 * @param engine `null`, or one without SIMD, where the processor or the way that Node.js was started has none
 * @returns `null` where there is none
 */
export function loadSimdMask(engine: Engine | null | undefined = globalEngine()): SimdMask | null {
  const exports = engine ? instantiate(engine) : null;
  if (exports === null) return null;
  const { mask } = exports;
  const memory = new Uint8Array(exports.memory.buffer);
  // Messages in a row are often of one length, and a view costs as much as masking a short one.
  let view = memory.subarray(0, 0);
  const maskStep = (bytes: Uint8Array, key: number): number => {
    const { length } = bytes;
    memory.set(bytes);
    const high = mask(length, key);
    if (view.length !== length) view = memory.subarray(0, length);
    bytes.set(view);
    return high;
  };
  return (bytes, key) => {
    const word = lowestFirst(key);
    if (bytes.length <= step) return maskStep(bytes, word) === 0;
    let high = 0;
    for (let start = 0; start < bytes.length; start += step)
      high |= maskStep(bytes.subarray(start, start + step), word);
    return high === 0;
  };
}

function globalEngine(): Engine | undefined {
  return (globalThis as { readonly WebAssembly?: Engine }).WebAssembly;
}

function instantiate({ Module, Instance }: Engine): Exports | null {
  try {
    return new Instance(new Module(Buffer.from(simdMaskModule, 'base64'))).exports as Exports;
  } catch {
    return null;
  }
}

/** The key with its bytes turned round: WebAssembly puts the lowest first. */
function lowestFirst(key: number): number {
  return (key >>> 24) | ((key >>> 8) & 0xff00) | ((key & 0xff00) << 8) | (key << 24);
}

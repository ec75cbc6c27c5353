import { simdMaskModule } from './simd-mask-module.ts';

/**
 * Masks `bytes` in place; the highest byte of `key` applies to the first of them.
 *
 * @returns whether all masked bytes are below 128
 */
export type SimdMask = (bytes: Uint8Array, key: number) => boolean;

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly mask: (length: number, key: number) => number;
}

/** The parts of WebAssembly used here: Node.js types without the DOM do not declare it. */
interface Engine {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
}

/**
 * Bytes masked at once: they fit in the processor's L1 cache, which makes long payloads twice as fast.
 */
const step = 16 * 1024;

/**
 * Masks 16 bytes at a time in WebAssembly: from a few dozen bytes on, copying in and out costs less than a loop.
 *
 * @param engine `null`, or an engine without SIMD, if the processor or the flags of Node.js do not allow it
 * @returns `null` without WebAssembly SIMD
 */
export function loadSimdMask(engine: Engine | null | undefined = globalEngine()): SimdMask | null {
  const exports = engine ? instantiate(engine) : null;
  if (exports === null) return null;
  const { mask } = exports;
  const memory = new Uint8Array(exports.memory.buffer);
  // Consecutive messages often have the same length, and a view costs as much as masking a short one.
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

/** The key with its bytes reversed: WebAssembly is little-endian. */
function lowestFirst(key: number): number {
  return (key >>> 24) | ((key >>> 8) & 0xff00) | ((key & 0xff00) << 8) | (key << 24);
}

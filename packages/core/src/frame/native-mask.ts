import { createRequire } from 'node:module';
import { argv, env } from 'node:process';

/** Masks `bytes` in place with a key whose highest byte belongs to the first of them. */
export type NativeMask = (bytes: Uint8Array, key: number) => void;

/** What we use of the package `bufferutil`. */
interface BufferUtil {
  readonly unmask: (bytes: Uint8Array, maskingKey: Uint8Array) => void;
}

/** As the program that was started finds its modules: which packages are there is the app's to say. */
const requireOfApp = createRequire(argv.slice(0, 2).at(-1)!);

/**
 * The native masking of `bufferutil`, where the app has installed it and `TURNOUT_NO_BUFFER_UTIL` is not set.
 *
 * @param load gives the module of a name, or throws
 */
export function loadNativeMask(load: (name: string) => unknown = requireOfApp): NativeMask | null {
  if (env['TURNOUT_NO_BUFFER_UTIL']) return null;
  try {
    const { unmask } = load('bufferutil') as BufferUtil;
    const keyBytes = Buffer.alloc(4);
    return (bytes, key) => {
      keyBytes.writeInt32BE(key);
      unmask(bytes, keyBytes);
    };
  } catch {
    return null;
  }
}

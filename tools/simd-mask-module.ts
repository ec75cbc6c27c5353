import { readFile } from 'node:fs/promises';
import loadWabt from 'wabt';

const folder = new URL('../packages/core/src/frame/', import.meta.url);

export const moduleFile = new URL('simd-mask-module.ts', folder);

/** The content of `simd-mask-module.ts`: the bytes of `simd-mask.wat`. */
export async function moduleSource(): Promise<string> {
  const text = await readFile(new URL('simd-mask.wat', folder), 'utf8');
  const wabt = await loadWabt();
  const parsed = wabt.parseWat('simd-mask.wat', text, { simd: true });
  const { buffer } = parsed.toBinary({});
  parsed.destroy();
  return `/** The bytes of \`simd-mask.wat\`, in Base64: made by \`pnpm simd-mask\`. */
export const simdMaskModule =
  '${Buffer.from(buffer).toString('base64')}';
`;
}

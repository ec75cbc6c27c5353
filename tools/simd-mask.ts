// pnpm simd-mask
import { writeFile } from 'node:fs/promises';
import { moduleFile, moduleSource } from './simd-mask-module.ts';

await writeFile(moduleFile, await moduleSource());

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './root.mjs';

/** The program of an example, from its folder. */
export const exampleEntry = join('src', 'main.ts');

/** The folders of `examples/` that contain a program. */
export const exampleNames = readdirSync(join(root, 'examples')).filter((name) =>
  existsSync(join(root, 'examples', name, exampleEntry)),
);

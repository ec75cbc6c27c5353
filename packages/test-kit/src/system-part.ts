import { findSystemPart } from '../../../tools/system-parts.mjs';

/**
 * Where a program outside npm is that a test needs, for `describe.skipIf(chromium === undefined)`.
 *
 * @returns its path, or undefined where the person who runs the tests named it in TURNOUT_SKIP
 * @throws {Error} where it is neither installed nor skipped on purpose, so that no test is left out in silence
 */
export function requireSystemPart(name: string): string | undefined {
  if ((process.env['TURNOUT_SKIP'] ?? '').split(',').includes(name)) return undefined;
  const path = findSystemPart(name);
  if (path === undefined) {
    throw new Error(`Missing ${name}: run "pnpm test", which installs it, or set TURNOUT_SKIP=${name}`);
  }
  return path;
}

import { findSystemPart } from '../../../tools/system-parts.mjs';

/**
 * The path of a program outside npm that a test needs, for `describe.skipIf(chromium === undefined)`.
 *
 * @returns its path, or undefined if TURNOUT_SKIP names it
 * @throws {Error} if it is neither installed nor skipped on purpose, so that no test is skipped silently
 */
export function requireSystemPart(name: string): string | undefined {
  if ((process.env['TURNOUT_SKIP'] ?? '').split(',').includes(name)) return undefined;
  const path = findSystemPart(name);
  if (path === undefined) {
    throw new Error(`Missing ${name}: run "pnpm test", which installs it, or set TURNOUT_SKIP=${name}`);
  }
  return path;
}

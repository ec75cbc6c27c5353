import { expect, test } from 'vitest';
import { findSystemPart, installCommand, systemParts } from '../../../tools/system-parts.mjs';
import { requireSystemPart } from '../src/system-part.ts';

test('every system part names its package, its variable and who needs it', () => {
  for (const [name, part] of Object.entries(systemParts)) {
    expect(part.debianPackage, name).toMatch(/^[a-z0-9+-]+( [a-z0-9+-]+)*$/);
    expect(part.variable, name).toMatch(/^[A-Z_]+$/);
    expect(part.usedBy, name).not.toBe('');
    expect(part.paths.length, name).toBeGreaterThan(0);
  }
});

test('the command to install by hand names the packages', () => {
  expect(installCommand(['chromium'])).toBe('apt-get update && apt-get install -y --no-install-recommends chromium');
});

test('an unknown system part is the caller’s mistake', () => {
  expect(() => findSystemPart('abacus')).toThrow(new TypeError('Unknown system part: abacus'));
  expect(() => requireSystemPart('abacus')).toThrow(TypeError);
});

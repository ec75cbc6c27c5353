import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { root } from '../architecture/read-workspace.ts';

const folder = mkdtempSync(join(tmpdir(), 'turnout-scratch-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const asModule = `import express from 'express';
import { turnout } from '@turnout/express';
console.log(typeof turnout(express()).ws, import.meta.resolve('@turnout/core').slice(-12), process.argv[2]);`;
// Outside a package of type module, tsx compiles it to CommonJS.
const asTypeScript = `import express from 'express';
import { turnout, type WebSocketApp } from '@turnout/express';
const app: WebSocketApp = turnout(express());
console.log(typeof app.ws, require.resolve('@turnout/core').slice(-12), process.argv[2]);`;
const asCommonJs = `const express = require('express');
const { turnout } = require('@turnout/express');
console.log(typeof turnout(express()).ws, require.resolve('@turnout/core').slice(-12), process.argv[2]);`;

function scratch(...parameters: string[]): { status: number | null; stdout: string; stderr: string } {
  const env = { ...process.env, NODE_OPTIONS: '' };
  return spawnSync(process.execPath, [join(root, 'tools/scratch.mjs'), ...parameters], {
    encoding: 'utf8',
    env,
    cwd: root,
  });
}

describe('pnpm scratch', () => {
  test.each([
    ['a.mts', asModule],
    ['b.mjs', asModule],
    ['c.cjs', asCommonJs],
    ['d.ts', asTypeScript],
  ])('runs %s, from outside the repository, on the sources', (name, program) => {
    const file = join(folder, name);
    writeFileSync(file, program);
    const { stdout, stderr } = scratch(file, 'parameter');
    expect(stderr).toBe('');
    expect(stdout).toBe('function src/index.ts parameter\n');
  });

  test('prints its usage, and the name of a missing file', () => {
    expect(scratch()).toMatchObject({ status: 2, stderr: 'Usage: pnpm scratch FILE\n' });
    expect(scratch('no-such.ts')).toMatchObject({ status: 2, stderr: 'There is no file "no-such.ts"\n' });
  });
});

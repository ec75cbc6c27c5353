import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { root } from '../architecture/read-workspace.ts';

describe('pnpm example', () => {
  test.each([[[]], [['no-such-example']]])('lists the examples when called with %j', (parameters) => {
    const script = join(root, 'tools/example.mjs');
    const { status, stderr } = spawnSync(process.execPath, [script, ...parameters], { encoding: 'utf8' });
    expect(status).toBe(2);
    expect(stderr).toContain('Usage: pnpm example NAME');
    for (const name of ['echo', 'voting']) expect(stderr).toContain(`  ${name}\n`);
  });
});

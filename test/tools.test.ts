import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { TestModule } from 'vitest/node';
import TestSummaryReporter from '../tools/test-summary-reporter.mjs';
import { root } from './architecture/read-workspace.ts';

describe('the closing line of pnpm test', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'turnout-summary-'));
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true });
  });

  type State = 'passed' | 'failed' | 'skipped';
  function testModule(state: State, tests: readonly State[]): TestModule {
    const children = { allTests: () => tests.map((test) => ({ result: () => ({ state: test }) })) };
    return { state: () => state, children } as unknown as TestModule;
  }

  test('counts each test, a file that could not be loaded, a failed hook and an unhandled error', () => {
    const file = join(folder, 'summary.json');
    vi.stubEnv('TURNOUT_TEST_SUMMARY', file);
    const modules = [
      testModule('failed', ['passed', 'failed', 'failed', 'skipped']),
      testModule('passed', ['passed']),
      testModule('failed', []),
      testModule('failed', ['skipped', 'skipped']),
    ];
    new TestSummaryReporter().onTestRunEnd(modules, [new Error('unhandled')]);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ passed: 2, failed: 5, skipped: 3 });
  });
});

describe('pnpm example', () => {
  test.each([[[]], [['no-such-example']]])('names the examples there are when it is given %j', (parameters) => {
    const script = join(root, 'tools/example.mjs');
    const { status, stderr } = spawnSync(process.execPath, [script, ...parameters], { encoding: 'utf8' });
    expect(status).toBe(2);
    expect(stderr).toContain('Usage: pnpm example NAME');
    for (const name of ['echo', 'voting']) expect(stderr).toContain(`  ${name}\n`);
  });
});

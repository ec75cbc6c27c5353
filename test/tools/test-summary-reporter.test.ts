import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { TestModule } from 'vitest/node';
import TestSummaryReporter from '../../tools/test-summary-reporter.mjs';

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

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { seededFaults } from './seeded-faults/seeded-faults.ts';

const isLong = process.env['TURNOUT_LONG'] === '1';
const script = fileURLToPath(new URL('./run.ts', import.meta.url));

const seeds = isLong ? ['1-1000000000', '--minutes', '60'] : ['1-60'];
const minute = 60_000;

/** A subset of them, which changes whenever a fault is added. */
const faults = isLong ? seededFaults : seededFaults.filter((_fault, index) => index % 4 === 0);

interface Run {
  readonly exitCode: number;
  readonly output: string;
}

/** The simulation replaces time, randomness and globals, so it runs in a separate process. */
function runSimulation(...parameters: readonly string[]): Promise<Run> {
  return new Promise((resolve) => {
    const execArgv = ['--conditions=@turnout/source', '--import', 'tsx'];
    const child = execFile(
      process.execPath,
      [...execArgv, script, ...parameters],
      { maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => resolve({ exitCode: error === null ? 0 : 1, output: stdout + stderr }),
    );
    onTestFinished(() => void child.kill('SIGKILL'));
  });
}

describe('a cluster on virtual time', () => {
  test('keeps every guarantee, whatever goes wrong', { timeout: isLong ? 70 * minute : minute }, async () => {
    const { exitCode, output } = await runSimulation(...seeds);
    expect(exitCode, output).toBe(0);
  });

  test('runs the same way for the same seed', async () => {
    const [many, one] = await Promise.all([runSimulation('7-9', '--digest'), runSimulation('9', '--digest')]);
    const [digest] = /seed 9: \w+/.exec(one.output) ?? [];
    expect(digest).toBeDefined();
    expect(many.output).toContain(digest);
  });
});

describe('the simulation finds that', () => {
  test.each(faults)('$name', { timeout: minute }, async ({ name }) => {
    const { output } = await runSimulation('1-2000', '--minutes', '1', '--fault', name);
    expect(output).toMatch(/^seed \d+ fails/m);
  });
});

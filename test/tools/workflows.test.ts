import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { root } from '../architecture/read-workspace.ts';

interface Job {
  readonly 'timeout-minutes'?: number;
  readonly strategy?: { readonly matrix: Readonly<Record<string, readonly string[]>> };
  readonly steps: readonly { readonly uses?: string; readonly run?: string }[];
}
interface Workflow {
  readonly permissions: unknown;
  readonly jobs: Readonly<Record<string, Job>>;
}

const folder = '.github/workflows';
const files = readdirSync(join(root, folder)).map((name) => `${folder}/${name}`);
const { scripts } = JSON.parse(read('package.json')) as { scripts: Readonly<Record<string, string>> };

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

function readWorkflow(file: string): Workflow {
  return parse(read(file)) as Workflow;
}

/** The errors that GitHub's own parser finds in a workflow. */
function faultsOf(content: string): unknown {
  const program = join(root, 'test/tools/child/workflow-faults.ts');
  const options = { input: content, encoding: 'utf8', cwd: root } as const;
  const { stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', program], options);
  return stderr === '' ? JSON.parse(stdout) : stderr;
}

/** The commands of a job, one for each value of its matrix. */
function commandsOf({ steps, strategy }: Job): string[] {
  let commands = steps.flatMap(({ run = '' }) => run.split('\n').filter(Boolean));
  for (const [name, values] of Object.entries(strategy?.matrix ?? {}))
    commands = commands.flatMap((command) => values.map((value) => command.replace(`\${{ matrix.${name} }}`, value)));
  return [...new Set(commands)];
}

/** What a command needs but the repository lacks, or undefined. */
function faultOf(command: string): string | undefined {
  const [, pnpmCommand] = /^npx -y pnpm@12\.21\.0 (?:--recursive )?(\S+)/.exec(command) ?? [];
  if (pnpmCommand !== undefined) {
    if (scripts[pnpmCommand] === undefined && pnpmCommand !== 'publish') return `there is no script ${pnpmCommand}`;
    return command
      .split(' ')
      .find((word) => /^(packages|test)\b[/\w]*$/.test(word) && word !== pnpmCommand && !exists(word));
  }
  const [program = '', file = ''] = command.split(' ');
  if (program === 'node') return exists(file) ? undefined : `there is no ${file}`;
  if (program === '.ci/run') return isExecutable(program) ? undefined : `${program} is not a program`;
  return program === 'gh' ? undefined : `unknown program ${program}`;
}

function exists(file: string): boolean {
  return existsSync(join(root, file));
}

function isExecutable(file: string): boolean {
  try {
    accessSync(join(root, file), constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

describe.each(files)('%s', (file) => {
  const { permissions, jobs } = readWorkflow(file);

  test('is a workflow as GitHub reads it', () => {
    expect(faultsOf(read(file))).toEqual([]);
  });

  test('runs only what the repository has', () => {
    const commands = Object.values(jobs).flatMap(commandsOf);
    expect(commands.length).toBeGreaterThan(0);
    for (const command of commands) expect(faultOf(command), command).toBeUndefined();
  });

  test("may only read the code, has a time limit for each job, and uses only GitHub's actions", () => {
    expect(permissions).toEqual({ contents: 'read' });
    for (const [name, job] of Object.entries(jobs)) {
      expect(job['timeout-minutes'], name).toBeGreaterThan(0);
      for (const { uses } of job.steps) expect(uses ?? 'actions/none@v1').toMatch(/^actions\/[a-z-]+@v\d+$/);
    }
  });
});

test('continuous integration runs everything on each Node.js version that the packages support', () => {
  const { linux } = readWorkflow(`${folder}/ci.yml`).jobs;
  expect(linux && commandsOf(linux)).toEqual(['.ci/run']);
  expect(linux?.strategy?.matrix['node']).toEqual(['20', '22', '24', '26']);
});

// A checker that never fails proves nothing.
test('a workflow with a fault is found', () => {
  expect(faultsOf('on: push\njobs:\n  a:\n    runs-on: x\n    stepz: []\n')).toEqual(
    expect.arrayContaining([expect.stringContaining("Unexpected value 'stepz'")]),
  );
  const commands = ['npx -y pnpm@12.21.0 no-such', 'npx -y pnpm@12.21.0 test packages/no', 'node no.mjs', 'pnpm test'];
  for (const command of commands) expect(faultOf(command), command).toBeDefined();
});

test.each(['.ci/run', 'CONTRIBUTING.md', 'README.md'])('%s names the same version of pnpm', (file) => {
  expect([...new Set(read(file).match(/pnpm@[\d.]+/g))]).toEqual(['pnpm@12.21.0']);
});

test('each issue form has fields, and what GitHub requires', () => {
  const forms = readdirSync(join(root, '.github/ISSUE_TEMPLATE')).filter((name) => name !== 'config.yml');
  expect(forms).toHaveLength(2);
  for (const form of forms) {
    const { name, description, body } = parse(read(`.github/ISSUE_TEMPLATE/${form}`)) as Record<string, unknown>;
    expect({ name, description }).toEqual({ name: expect.any(String), description: expect.any(String) });
    const fields = body as readonly { type: string; id: string; attributes: { label: string } }[];
    expect(new Set(fields.map(({ id }) => id)).size).toBe(fields.length);
    for (const { type, attributes } of fields) {
      expect(['textarea', 'input']).toContain(type);
      expect(attributes.label).toMatch(/\S/);
    }
  }
});

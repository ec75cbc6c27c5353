import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { differences, formatDifferences } from './differences.ts';
import { scripts } from './scripts.ts';
import { play } from './stage.ts';

const expected = new Map(differences.flatMap((difference) => Object.entries(difference.scripts)));

describe("a server's socket behaves like that of ws", () => {
  test.each(Object.entries(scripts).filter(([name]) => !expected.has(name)))('%s', async (_, { run, ...options }) => {
    const transcript = await play('ws', run, options);
    expect(await play('turnout', run, options)).toEqual(transcript);
  });
});

describe("a server's socket differs from that of ws as documented", () => {
  test.each([...expected])('%s', async (name, transcripts) => {
    const { run, ...options } = scripts[name]!;
    expect(await play('ws', run, options)).toEqual(transcripts.ws);
    expect(await play('turnout', run, options)).toEqual(transcripts.turnout);
    expect(transcripts.turnout).not.toEqual(transcripts.ws);
  });

  const child = fileURLToPath(new URL('./failing-server.ts', import.meta.url));
  test.each(['throw', 'reject', 'callback', 'error'])(
    'a failure by %s ends a process with ws, but not with Turnout',
    async (kind) => {
      const endingOf = async (implementation: string): Promise<string> => {
        const flags = ['--conditions=@turnout/source', '--import', 'tsx'];
        const run = promisify(execFile)(process.execPath, [...flags, child, implementation, kind]);
        return run.then(
          ({ stdout }) => stdout.trim(),
          ({ code }: { code: number }) => `exit code ${code}`,
        );
      };
      expect(await Promise.all([endingOf('ws'), endingOf('turnout')])).toEqual(['exit code 1', 'alive']);
    },
  );

  test('the documented table has no other differences', () => {
    const path = new URL('../../docs/libraries-written-for-ws.md', import.meta.url);
    const table = /## Differences from `ws`\n[\s\S]*?(\|[\s\S]*?\|)\n\n/.exec(readFileSync(path, 'utf8'))?.[1];
    expect(table).toBe(formatDifferences());
  });
});

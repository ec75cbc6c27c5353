import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  formatLimitsTable,
  insertLimitsTable,
  limitsTableEnd,
  limitsTables,
  limitsTableStart,
} from '../tools/limits-table.ts';
import { publishedFolders, root, sourceFiles } from './architecture/read-workspace.ts';
import { findMarkedSnippets } from './docs/marked-snippet.ts';
import { compileSnippet, installSnippetProject, runSnippet, testSnippet } from './docs/snippet-project.ts';
import type { InstalledProject } from './packaging/installed-project.ts';

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

const readmes = ['README.md', ...publishedFolders().map((folder) => `${folder}/README.md`)];
const documents = readmes.filter((path) => existsSync(join(root, path)));

test('the repository and every package have a README', () => {
  expect(documents).toEqual(readmes);
});

describe('the table of limits', () => {
  test.each(Object.entries(limitsTables))('in %s matches the declarations', (path, limits) => {
    const readme = read(path);
    expect(insertLimitsTable(readme, limits), 'run "pnpm limits --write"').toBe(readme);
  });

  test('replaces the text between its marks, and nothing else', () => {
    const limits = limitsTables['packages/core/README.md'] ?? {};
    const document = `before\n${limitsTableStart}\nold\n${limitsTableEnd}\nafter\n`;
    const expected = `before\n${limitsTableStart}\n${formatLimitsTable(limits)}\n${limitsTableEnd}\nafter\n`;
    expect(insertLimitsTable(document, limits)).toBe(expected);
    expect(() => insertLimitsTable('no marks', limits)).toThrow('Missing marks');
  });
});

describe('the error codes', () => {
  const inCode = new Set(
    publishedFolders()
      .flatMap((folder) => sourceFiles(`${folder}/src`))
      .flatMap((path) => [...read(path).matchAll(/['"]((?:WS|MSG|TOPIC)_ERR_\w+)['"]/g)].map(([, code]) => code)),
  );
  const inDocuments = new Set(
    documents.flatMap((path) => [...read(path).matchAll(/`((?:WS|MSG|TOPIC)_ERR_\w+)`/g)].map(([, code]) => code)),
  );

  test('in the code are all explained in a README', () => {
    expect([...inCode].filter((code) => !inDocuments.has(code))).toEqual([]);
  });

  test('explained in a README are all in the code', () => {
    expect([...inDocuments].filter((code) => !inCode.has(code))).toEqual([]);
  });
});

describe("the table of the examples' origins", () => {
  const rows = [...read('examples/README.md').matchAll(/^\| (S\d) \|(.*)$/gm)].map(
    ([, name, row]) => [name!, row!] as const,
  );

  test('has nine rows', () => {
    expect(rows.map(([name]) => name)).toEqual(['S1', 'S2', 'S3', 'S4', 'S5', 'S6', 'S7', 'S8', 'S9']);
  });

  test.each(rows)('names existing tests in row %s', (_, row) => {
    const sources = [...row.matchAll(/\]\(([^)]+)\)/g)].map(([, path]) => read(join('examples', path!)));
    const names = [...row.matchAll(/"([^"]+)"/g)].map(([, name]) => name!);
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => !sources.some((source) => source.includes(name)))).toEqual([]);
  });
});

describe('the snippets of the documents', () => {
  const guides = readdirSync(join(root, 'docs')).map((name) => `docs/${name}`);
  const snippets = [...documents, ...guides].flatMap((path) => findMarkedSnippets(path, read(path)));
  let project: InstalledProject;
  beforeAll(async () => {
    project = await installSnippetProject();
  });
  afterAll(() => project?.remove());

  test('include a quick start that is run', () => {
    const runs = snippets.filter(({ document, mode }) => document === 'README.md' && mode === 'run');
    expect(runs.map(({ name }) => name)).toContain('quick-start');
  });

  test('include a program that tests an adapter, and one that tests a broker', () => {
    const tests = snippets.filter(({ mode }) => mode === 'test');
    expect(tests.map(({ name }) => name)).toEqual(['writing-a-broker', 'writing-an-adapter']);
  });

  test('have unique names', () => {
    const names = snippets.map(({ name }) => name);
    expect(names).toEqual([...new Set(names)]);
  });

  for (const snippet of snippets) {
    const place = `${snippet.document}:${snippet.line}, ${snippet.name},`;
    if (snippet.mode === 'run') {
      test(`${place} starts a server that answers`, async () => {
        expect(await runSnippet(snippet, project)).toContain(snippet.exchange.receive);
      });
    } else if (snippet.mode === 'test') {
      test(`${place} passes its own tests`, async () => {
        expect(await testSnippet(snippet, project)).toBeGreaterThan(30);
      });
    } else {
      test(`${place} compiles against the built packages`, async () => {
        await expect(compileSnippet(snippet, project)).resolves.toBeTypeOf('string');
      });
    }
  }
});

describe('the finder of snippets', () => {
  const mark = '<!-- run: echo {"send": "a", "receive": "b"} -->';

  test('reads the mark, the language, the code and the exchange', () => {
    const text = `# Title\n\n${mark}\n\`\`\`ts\napp.ws('/echo', handler);\n\`\`\`\n`;
    expect(findMarkedSnippets('README.md', text)).toEqual([
      {
        document: 'README.md',
        line: 3,
        name: 'echo',
        mode: 'run',
        language: 'ts',
        code: "app.ws('/echo', handler);\n",
        exchange: { path: '/echo', send: 'a', receive: 'b' },
      },
    ]);
  });

  test('refuses a mark without a block, or with a block of another language', () => {
    expect(() => findMarkedSnippets('README.md', `${mark}\nwords\n`)).toThrow('without a code block');
    expect(() => findMarkedSnippets('README.md', `${mark}\n\`\`\`sh\nls\n\`\`\`\n`)).toThrow('neither js nor ts');
  });

  test('ignores a block without a mark', () => {
    expect(findMarkedSnippets('README.md', '```ts\nlet a;\n```\n')).toEqual([]);
  });
});

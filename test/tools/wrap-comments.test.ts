import { describe, expect, test } from 'vitest';
import { wrapComments } from '../../tools/wrap-comments.mjs';

const long = 'word '.repeat(23).trim();

describe('a comment that is too long', () => {
  test('continues in the next line of its paragraph', () => {
    const text = ` * ${long} and four words more\n * behind it.\n *\n * Another.`;
    expect(wrapComments(text)).toBe(` * ${long}\n * and four words more behind it.\n *\n * Another.`);
  });

  test('of one line becomes a block', () => {
    expect(wrapComments(`  /** ${long} and more */\ncode();`)).toBe(
      `  /**\n   * ${long}\n   * and more\n   */\ncode();`,
    );
  });

  test('after two slashes, before code, gets another line', () => {
    expect(wrapComments(`// ${long} and more\ncode();`)).toBe(`// ${long}\n// and more\ncode();`);
  });

  test('of a parameter or an item is indented, and does not affect the next one', () => {
    expect(wrapComments(` * @param x ${long}\n * @param y`)).toBe(
      ` * @param x ${long.slice(0, -10)}\n *   word word\n * @param y`,
    );
    expect(wrapComments(` * - ${long} more\n * - y`)).toBe(` * - ${long}\n *   more\n * - y`);
  });

  test('is wrapped as often as it takes', () => {
    const lines = wrapComments(`// ${long} ${long} ${long}`).split('\n');
    expect(lines.map((line) => line.length <= 120)).toEqual([true, true, true]);
  });

  test('is not broken inside code', () => {
    expect(wrapComments(`// ${long.slice(0, -5)} \`a b c d e\``)).toBe(`// ${long.slice(0, -5)}\n// \`a b c d e\``);
  });
});

test.each([
  `// ${long}`,
  `const code = '${long} ${long}';`,
  `code(); // ${long} ${long}`,
  ` * | ${long} | ${long} |`,
  `// ${'x'.repeat(130)}`,
  `// @ts-expect-error ${long} ${long}`,
])('%s stays unchanged', (text) => {
  expect(wrapComments(text)).toBe(text);
});

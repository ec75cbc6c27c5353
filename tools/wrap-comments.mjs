/** As .editorconfig and the formatter have it. The formatter wraps code, and leaves comments to us. */
const width = 120;

/** @typedef {{ head: string, indent: string, words: string }} CommentLine */

/**
 * Breaks the lines of comments that are too long, and hands what is over to the next line of the same paragraph.
 * Comments behind code, tables and words that cannot be broken stay as they are.
 *
 * @param {string} text of a source file
 */
export function wrapComments(text) {
  const lines = text.split('\n');
  for (let index = 0; index < lines.length; index++) {
    const line = /** @type {string} */ (lines[index]);
    if (line.length <= width) continue;
    const opened = openBlock(line);
    if (opened !== undefined) lines.splice(index--, 1, ...opened);
    else lines.splice(index, 2, ...wrapLine(line, lines[index + 1]));
  }
  return lines.join('\n');
}

/**
 * A block comment of one line, as one of three.
 *
 * @param {string} line
 */
function openBlock(line) {
  const [, indent, words] = /^(\s*)\/\*\* (.*\S) \*\/$/.exec(line) ?? [];
  return indent === undefined ? undefined : [`${indent}/**`, `${indent} * ${words}`, `${indent} */`];
}

/**
 * @param {string} line
 * @param {string | undefined} next
 * @returns {string[]} what stands in place of both
 */
function wrapLine(line, next) {
  const rest = next === undefined ? [] : [next];
  const comment = readComment(line);
  const end = comment === undefined ? -1 : lastBreak(comment);
  if (comment === undefined || end < 0) return [line, ...rest];
  const kept = comment.head + comment.indent + comment.words.slice(0, end);
  const over = comment.words.slice(end + 1);
  const indent = comment.indent + (/^(@|- )/.test(comment.words) ? '  ' : '');
  const following = next === undefined ? undefined : readComment(next);
  if (following?.head === comment.head && following.indent === indent && !/^(@|- |\d+\.|$)/.test(following.words))
    return [kept, `${comment.head}${indent}${over} ${following.words}`];
  return [kept, `${comment.head}${indent}${over}`, ...rest];
}

/**
 * @param {string} line
 * @returns {CommentLine | undefined}
 */
function readComment(line) {
  const [, head, indent, words] = /^(\s*(?:\/\/|\*) )(\s*)([^\s|].*)$/.exec(line) ?? [];
  if (head === undefined || indent === undefined || words === undefined) return undefined;
  return /^(```|@ts-|oxlint-|eslint-)/.test(words) ? undefined : { head, indent, words };
}

/**
 * The last space before the limit that is not inside code or a link.
 *
 * @param {CommentLine} comment
 */
function lastBreak({ head, indent, words }) {
  const limit = width - head.length - indent.length;
  const codeless = words.replaceAll(/`[^`]*`|\{@[^}]*\}/g, (code) => 'x'.repeat(code.length));
  return codeless.lastIndexOf(' ', limit);
}

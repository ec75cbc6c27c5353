import { limitOptions } from '../packages/core/src/limits.ts';
import type { Limit } from '../packages/core/src/options/limit.ts';
import { appLimitOptions } from '../packages/server/src/options/app-limits.ts';
import { formatAmount } from './format-amount.ts';

/** The lines of a README between which a generated table stands. */
export const limitsTableStart = '<!-- limits: written by `pnpm limits --write` -->';
export const limitsTableEnd = '<!-- /limits -->';

/** The READMEs with such a table, and its source. */
export const limitsTables: Readonly<Record<string, Readonly<Record<string, Limit>>>> = {
  'packages/core/README.md': limitOptions,
  'packages/server/README.md': appLimitOptions,
};

/** Limits as a Markdown table, in the order in which they are declared. */
export function formatLimitsTable(limits: Readonly<Record<string, Limit>>): string {
  const rows = Object.entries(limits).map(
    ([name, limit]) => `| \`${name}\` | ${formatAmount(limit)} | ${formatAnswer(limit.answer)} | ${limit.reason} |`,
  );
  return ['| Option | Default | Beyond it | Why |', '|---|---|---|---|', ...rows].join('\n');
}

/**
 * Puts a table between the two marks of a document.
 *
 * @throws {Error} if the document has no such marks
 */
export function insertLimitsTable(document: string, limits: Readonly<Record<string, Limit>>): string {
  const start = document.indexOf(limitsTableStart);
  const end = document.indexOf(limitsTableEnd, start);
  if (start < 0 || end < 0) throw new Error(`Missing marks: expected ${limitsTableStart} and ${limitsTableEnd}`);
  return `${document.slice(0, start)}${limitsTableStart}\n${formatLimitsTable(limits)}\n${document.slice(end)}`;
}

function formatAnswer(answer: string): string {
  if (/^[45]\d\d$/.test(answer)) return `HTTP ${answer}`;
  return /^[1-4]\d{3}/.test(answer) ? `close code ${answer}` : answer;
}

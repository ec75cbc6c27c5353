import { limitTable } from '../packages/core/src/limits.ts';
import type { LimitDefinition } from '../packages/core/src/limits.ts';

/** The lines of a README between which the generated table stands. */
export const limitsTableStart = '<!-- limits: written by `pnpm limits --write` -->';
export const limitsTableEnd = '<!-- /limits -->';

/** The limits of the core package as a Markdown table, in the order of limits.ts. */
export function formatLimitsTable(): string {
  const rows = Object.entries<LimitDefinition>(limitTable).map(
    ([name, limit]) => `| \`${name}\` | ${formatDefault(limit)} | ${formatAnswer(limit.answer)} | ${limit.reason} |`,
  );
  return ['| Option | Default | Beyond it | Why |', '|---|---|---|---|', ...rows].join('\n');
}

/**
 * Puts the table between the two marks of a document.
 *
 * @throws {Error} where the document has no such marks
 */
export function insertLimitsTable(document: string): string {
  const start = document.indexOf(limitsTableStart);
  const end = document.indexOf(limitsTableEnd, start);
  if (start < 0 || end < 0) throw new Error(`Missing marks: expected ${limitsTableStart} and ${limitsTableEnd}`);
  return `${document.slice(0, start)}${limitsTableStart}\n${formatLimitsTable()}\n${document.slice(end)}`;
}

function formatDefault({ default: value, unit }: LimitDefinition): string {
  return formatAmount(value, unit);
}

function formatAmount(value: number, unit: LimitDefinition['unit']): string {
  if (value === Infinity) return `\`Infinity\` ${unit}`;
  const number = value.toLocaleString('en-US');
  if (unit !== 'bytes' || value < 1024) return `${number} ${unit}`;
  const isMebibytes = value % (1024 * 1024) === 0;
  return `${number} bytes (${isMebibytes ? `${value / (1024 * 1024)} MiB` : `${value / 1024} KiB`})`;
}

function formatAnswer(answer: string): string {
  if (/^[45]\d\d$/.test(answer)) return `HTTP ${answer}`;
  return /^[1-4]\d{3}/.test(answer) ? `close code ${answer}` : answer;
}

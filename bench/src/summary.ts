import type { Result } from './measure.ts';
import { median } from './median.ts';

/** The results of one scenario: a list of rounds for each peer, by name. */
export type Rounds = Readonly<Record<string, readonly Result[]>>;

export interface PeerSummary {
  readonly peer: string;
  readonly value: number;
  /** The lowest and the highest round, relative to the median. */
  readonly spread: readonly [low: number, high: number];
  readonly cpuPerOperation: number;
  readonly serverLoad: number;
  /**
   * The median of the ratios to the first peer within each round, because a disturbance affects all peers of a round.
   */
  readonly ratio: number;
  /** The same for the operations per second of the server's CPU time, for cases in which the load limits the rate. */
  readonly ratioByCpu: number;
}

/** Summarizes each peer, with its ratios to the first. */
export function summarize(rounds: Rounds): PeerSummary[] {
  const [reference = []] = Object.values(rounds);
  return Object.entries(rounds).map(([peer, results]) => {
    const values = results.map((result) => result.value);
    const value = median(values);
    return {
      peer,
      value,
      spread: [Math.min(...values) / value, Math.max(...values) / value],
      cpuPerOperation: median(results.map((result) => result.cpuPerOperation)),
      serverLoad: median(results.map((result) => result.serverLoad)),
      ratio: median(results.map((result, round) => result.value / reference[round]!.value)),
      ratioByCpu: median(results.map((result, round) => reference[round]!.cpuPerOperation / result.cpuPerOperation)),
    };
  });
}

/** The summaries as the rows of a Markdown table; aligned, so that it is readable as plain text. */
export function formatTable(summaries: readonly PeerSummary[], unit: string): string {
  const [reference] = summaries;
  const head = ['peer', unit, 'spread', `× ${reference?.peer}`, 'by CPU', 'CPU µs each', 'server load'];
  const rows = summaries.map(({ peer, value, spread, ratio, ratioByCpu, cpuPerOperation, serverLoad }) => {
    const cpu = [`${ratioByCpu.toFixed(2)}`, cpuPerOperation.toFixed(2), `${Math.round(serverLoad * 100)} %`];
    const percent = spread.map((part) => `${Math.round((part - 1) * 100)} %`).join(' … ');
    return [peer, formatValue(value), percent, ratio.toFixed(2), ...(cpuPerOperation === 0 ? ['-', '-', '-'] : cpu)];
  });
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]!.length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join(' | ')} |`;
  const rule = `|${widths.map((width, i) => (i === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`;
  return [line(head), rule, ...rows.map(line)].join('\n');
}

function formatValue(value: number): string {
  return value < 100 ? value.toFixed(1) : Math.round(value).toLocaleString('en-US');
}

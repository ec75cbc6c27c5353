import type { EchoResult } from './measure-echo.ts';
import { median } from './median.ts';

/** The results of one scenario: a list of rounds for each peer, by name. */
export type Rounds = Readonly<Record<string, readonly EchoResult[]>>;

export interface PeerSummary {
  readonly peer: string;
  readonly rate: number;
  /** The slowest and the fastest round, as parts of the median. */
  readonly spread: readonly [low: number, high: number];
  readonly cpuPerMessage: number;
  readonly serverLoad: number;
  /** Medians of the ratios within each round, as what disturbs a round disturbs all its peers; by peer. */
  readonly ratioTo: Readonly<Record<string, number>>;
}

/** Sums up each peer, with its ratios to the `references` that took part. */
export function summarize(rounds: Rounds, references: readonly string[]): PeerSummary[] {
  return Object.entries(rounds).map(([peer, results]) => {
    const rates = results.map(({ rate }) => rate);
    const rate = median(rates);
    return {
      peer,
      rate,
      spread: [Math.min(...rates) / rate, Math.max(...rates) / rate],
      cpuPerMessage: median(results.map((result) => result.cpuPerMessage)),
      serverLoad: median(results.map((result) => result.serverLoad)),
      ratioTo: Object.fromEntries(references.flatMap((reference) => ratioTo(reference, rounds, rates))),
    };
  });
}

function ratioTo(reference: string, rounds: Rounds, rates: readonly number[]): [string, number][] {
  const others = rounds[reference]?.map((result) => result.rate);
  if (others === undefined) return [];
  return [[reference, median(rates.map((rate, round) => rate / (others[round] ?? NaN)))]];
}

/** The summaries as a table of text. */
export function formatTable(summaries: readonly PeerSummary[], references: readonly string[]): string {
  const head = [
    'peer',
    'messages/s',
    'spread',
    ...references.map((name) => `× ${name}`),
    'CPU µs/message',
    'server load',
  ];
  const rows = summaries.map((summary) => [
    summary.peer,
    Math.round(summary.rate).toLocaleString('en-US'),
    summary.spread.map((part) => `${Math.round((part - 1) * 100)} %`).join(' … '),
    ...references.map((name) => summary.ratioTo[name]?.toFixed(2) ?? '-'),
    summary.cpuPerMessage.toFixed(2),
    `${Math.round(summary.serverLoad * 100)} %`,
  ]);
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)));
  return [head, ...rows]
    .map((row) =>
      row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  '),
    )
    .join('\n');
}

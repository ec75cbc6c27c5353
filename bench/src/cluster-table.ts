import { median } from './median.ts';

export interface Column {
  readonly head: string;
  readonly digits: number;
  /** A column of ratios to the first peer follows, where above 1 is better. */
  readonly ratio?: { readonly head: string; readonly better: 'more' | 'less' };
}

export interface PeerRounds {
  readonly name: string;
  /** A value for each column, for each round. */
  readonly rounds: readonly (readonly number[])[];
}

/** Medians as a Markdown table; ratios are the medians of the ratios within each round. */
export function formatClusterTable(columns: readonly Column[], peers: readonly PeerRounds[]): string {
  const heads = columns.flatMap(({ head, ratio }) => (ratio === undefined ? [head] : [head, ratio.head]));
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rows = peers.map((peer) => {
    const cells = columns.flatMap((column, index) =>
      formatCells(column, valuesOf(peer, index), valuesOf(peers[0] ?? peer, index)),
    );
    return line([peer.name, ...cells]);
  });
  return [`| | ${heads.join(' | ')} |`, `|${'---|'.repeat(heads.length + 1)}`, ...rows].join('\n');
}

function valuesOf({ rounds }: PeerRounds, column: number): number[] {
  return rounds.map((values) => values[column] ?? Number.NaN);
}

function formatCells({ digits, ratio }: Column, own: readonly number[], first: readonly number[]): string[] {
  const value = median(own).toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  if (ratio === undefined) return [value];
  const ratios = first.map((reference, round) => {
    const share = (own[round] ?? Number.NaN) / reference;
    return ratio.better === 'more' ? share : 1 / share;
  });
  return [value, median(ratios).toFixed(2)];
}

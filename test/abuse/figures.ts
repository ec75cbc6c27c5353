const mebibyte = 1024 * 1024;

/** Bytes as MiB, for people. */
export function inMebibytes(bytes: number): string {
  return `${(bytes / mebibyte).toFixed(1)} MiB`;
}

/** Prints the figures of a case, beside those of `ws`. */
export function printFigure(name: string, figures: Readonly<Record<string, string>>): void {
  const text = Object.entries(figures).map(([who, figure]) => `${who} ${figure}`);
  process.stdout.write(`${name}: ${text.join(', ')}\n`);
}

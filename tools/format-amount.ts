/** The default of a numeric option with its unit, as written in READMEs. */
export function formatAmount({ default: value, unit = '' }: { default: number; unit?: string | undefined }): string {
  if (value === Infinity) return `\`Infinity\` ${unit}`.trim();
  const number = value.toLocaleString('en-US');
  if (unit !== 'bytes' || value < 1024) return `${number} ${unit}`.trim();
  const isMebibytes = value % (1024 * 1024) === 0;
  return `${number} bytes (${isMebibytes ? `${value / (1024 * 1024)} MiB` : `${value / 1024} KiB`})`;
}

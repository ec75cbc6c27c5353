/** Whether to run cases at full scale. */
export const isLong = process.env['TURNOUT_LONG'] === '1';

/** The number for `pnpm test`, or that for `pnpm test:long`. */
export function scaled(short: number, long: number): number {
  return isLong ? long : short;
}

/** Whether to take the time that a case really asks for. */
export const isLong = process.env['TURNOUT_LONG'] === '1';

/** A number for `pnpm test`, or the one of the case for `pnpm test:long`. */
export function scaled(short: number, long: number): number {
  return isLong ? long : short;
}

import { checkLimit } from '@turnout/core';

/** What bounds an app as a whole; `Infinity` switches a limit off. */
export interface AppLimits {
  /** Sockets that are open or being opened, at a time; beyond it: 503. Default 20,000. */
  readonly maxConnections: number;
  /** Upgrades that middleware has not answered yet, at a time; beyond it: 503. Default 1,000. */
  readonly maxPendingHandshakes: number;
  /** How much of V8's heap, and of the container's or machine's memory, may be in use, in percent; beyond it: 503. Default 90. */
  readonly maxMemoryPercent: number;
}

/** 20,000 idle sockets are about 280 MiB, the system's share included; middleware that hangs shows at 1,000. */
export const defaultAppLimits: AppLimits = { maxConnections: 20_000, maxPendingHandshakes: 1_000, maxMemoryPercent: 90 };

const names = Object.keys(defaultAppLimits) as (keyof AppLimits)[];

/**
 * Fills in the defaults of the limits that `options` leaves out.
 *
 * @throws {TypeError} where a limit is not a number
 * @throws {RangeError} where a limit is neither a whole number of 0 or more nor `Infinity`
 */
export function resolveAppLimits(options: Partial<AppLimits>): AppLimits {
  const limits: Record<keyof AppLimits, number> = { ...defaultAppLimits };
  for (const name of names) {
    const value = options[name];
    if (value !== undefined) limits[name] = checkLimit(name, value);
  }
  return limits;
}

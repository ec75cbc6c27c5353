import { checkLimit } from '@turnout/core';

/** What bounds an app as a whole; `Infinity` switches a limit off. */
export interface AppLimits {
  /** Sockets that are open or being opened, at a time; beyond it: 503. Default 20,000. */
  readonly maxConnections: number;
  /** Upgrades that middleware has not answered yet, at a time; beyond it: 503. Default 1,000. */
  readonly maxPendingHandshakes: number;
  /**
   * How much of V8's heap, and of the container's or machine's memory, may be in use, in percent; beyond it: 503.
   * Default 90.
   */
  readonly maxMemoryPercent: number;
  /** WebSockets that are open or being opened over one connection of HTTP/2, at a time; beyond it: 429. Default 100. */
  readonly maxStreamsPerConnection: number;
  /**
   * Sockets of one client address that are open or being opened, at a time; beyond it: 429. The address is what the
   * framework takes for it, by its own rules about proxies; of IPv6 it is the network of 64 bits. Default `Infinity`.
   */
  readonly maxConnectionsPerAddress: number;
  /** Sockets of one user, as the option `user` names them, at a time; beyond it: 429. Default `Infinity`. */
  readonly maxConnectionsPerUser: number;
}

/**
 * 20,000 idle sockets are about 280 MiB, the system's share included; middleware that hangs shows at 1,000. Servers of
 * HTTP/2 usually allow 100 streams on a connection. Behind a proxy that the app does not know, all have one address: so
 * that limit is off.
 */
export const defaultAppLimits: AppLimits = {
  maxConnections: 20_000,
  maxPendingHandshakes: 1_000,
  maxMemoryPercent: 90,
  maxStreamsPerConnection: 100,
  maxConnectionsPerAddress: Infinity,
  maxConnectionsPerUser: Infinity,
};

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

import { limit, whole, type OptionsFor } from '@turnout/core/options';

/** Limits of the app as a whole; `Infinity` switches a limit off. */
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
  /** WebSockets that are open or being opened over one HTTP/2 connection, at a time; beyond it: 429. Default 100. */
  readonly maxStreamsPerConnection: number;
  /**
   * Sockets of one client address that are open or being opened, at a time; beyond it: 429. The framework determines
   * the address, with its own proxy setting; IPv6 addresses count per /64 network. Default `Infinity`.
   */
  readonly maxConnectionsPerAddress: number;
  /** Sockets of one user, as the option `user` names them, at a time; beyond it: 429. Default `Infinity`. */
  readonly maxConnectionsPerUser: number;
}

export const appLimitOptions = {
  maxConnections: limit(whole({ default: 20_000, unit: 'sockets', infinity: true }), {
    answer: '503',
    reason: 'Open or being opened, at a time. 20,000 idle sockets take about 280 MiB, including kernel memory',
  }),
  maxPendingHandshakes: limit(whole({ default: 1_000, unit: 'upgrades', infinity: true }), {
    answer: '503',
    reason: 'Upgrades that middleware has not answered yet, at a time: reveals middleware that hangs',
  }),
  maxMemoryPercent: limit(whole({ default: 90, unit: 'percent', infinity: true }), {
    answer: '503',
    reason: "Use of V8's heap, and of the memory of the container or machine",
  }),
  maxStreamsPerConnection: limit(whole({ default: 100, unit: 'sockets', infinity: true }), {
    answer: '429',
    reason: 'Over one HTTP/2 connection, at a time: the number of streams that HTTP/2 servers usually allow',
  }),
  maxConnectionsPerAddress: limit(whole({ default: Infinity, unit: 'sockets', infinity: true }), {
    answer: '429',
    reason:
      'From one client address, at a time. Off: behind a proxy that the app does not trust, all clients share one',
  }),
  maxConnectionsPerUser: limit(whole({ default: Infinity, unit: 'sockets', infinity: true }), {
    answer: '429',
    reason: 'Of one user, as the option `user` names them, at a time',
  }),
} satisfies OptionsFor<AppLimits>;

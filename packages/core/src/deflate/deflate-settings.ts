import type { DeflateParameters } from '../handshake/permessage-deflate.ts';
import { JobLimiter } from './job-limiter.ts';

/** Options of permessage-deflate (RFC 7692); the names of `ws`. */
export interface PerMessageDeflateOptions {
  /** Whether the server drops its window after each message. Default `true`: a kept window costs about 100 KiB a socket. */
  readonly serverNoContextTakeover?: boolean | undefined;
  /** Whether the client is to drop its window after each message. Default `true`. */
  readonly clientNoContextTakeover?: boolean | undefined;
  /** Base-2 logarithm of the server's window in bytes: 8 to 15. Default 12. */
  readonly serverMaxWindowBits?: number | undefined;
  /** Base-2 logarithm of the client's window in bytes: 8 to 15. Default 12. */
  readonly clientMaxWindowBits?: number | undefined;
  /** Messages of fewer bytes are sent as they are. Default 1024. */
  readonly threshold?: number | undefined;
  /** zlib's own options for what is sent. */
  readonly zlibDeflateOptions?:
    | {
        /** 1, fastest, to 9, smallest. Default 6, of zlib. */
        readonly level?: number | undefined;
        /** 1 to 9. Default 5. */
        readonly memLevel?: number | undefined;
      }
    | undefined;
  /** How many times its compressed length a message of over 64 KiB may have. Default 100; beyond it: 1009. */
  readonly maxRatio?: number | undefined;
  /** Messages deflated and inflated off the event loop at a time, by all sockets of these options. Default 8. */
  readonly concurrencyLimit?: number | undefined;
}

/** {@link PerMessageDeflateOptions}, checked and complete. */
export interface DeflateSettings {
  readonly wishes: DeflateParameters;
  readonly threshold: number;
  readonly level: number;
  readonly memLevel: number;
  readonly maxRatio: number;
  readonly jobs: JobLimiter;
}

const known = new WeakMap<PerMessageDeflateOptions, DeflateSettings>();
const defaults: PerMessageDeflateOptions = {};

/**
 * Checks the option `perMessageDeflate`. The same object gives the same settings each time, so that all sockets of a
 * route share one limit of jobs.
 *
 * @returns `null` where the option is off
 * @throws {TypeError} on an option of the wrong type
 * @throws {RangeError} on a number out of its range
 */
export function resolveDeflate(option: boolean | PerMessageDeflateOptions | undefined): DeflateSettings | null {
  if (option === undefined || option === false) return null;
  const options = option === true ? defaults : option;
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(
      `Invalid option perMessageDeflate: expected a boolean or an object, got ${option === null ? 'null' : typeof option}`,
    );
  }
  let settings = known.get(options);
  if (settings === undefined) {
    settings = createSettings(options);
    known.set(options, settings);
  }
  return settings;
}

function createSettings(options: PerMessageDeflateOptions): DeflateSettings {
  const { zlibDeflateOptions: zlib = {} } = options;
  return {
    wishes: {
      serverNoContextTakeover: flag('serverNoContextTakeover', options.serverNoContextTakeover),
      clientNoContextTakeover: flag('clientNoContextTakeover', options.clientNoContextTakeover),
      serverMaxWindowBits: whole('serverMaxWindowBits', options.serverMaxWindowBits ?? 12, [8, 15]),
      clientMaxWindowBits: whole('clientMaxWindowBits', options.clientMaxWindowBits ?? 12, [8, 15]),
    },
    threshold: whole('threshold', options.threshold ?? 1024, [0, Infinity]),
    level: whole('zlibDeflateOptions.level', zlib.level ?? 6, [1, 9]),
    memLevel: whole('zlibDeflateOptions.memLevel', zlib.memLevel ?? 5, [1, 9]),
    maxRatio: whole('maxRatio', options.maxRatio ?? 100, [1, Infinity]),
    jobs: new JobLimiter(whole('concurrencyLimit', options.concurrencyLimit ?? 8, [1, Infinity])),
  };
}

function flag(name: string, value: boolean | undefined): boolean {
  if (value === undefined || typeof value === 'boolean') return value ?? true;
  throw new TypeError(`Invalid option perMessageDeflate.${name}: expected a boolean, got ${typeof value}`);
}

function whole(name: string, value: number, [least, most]: readonly [least: number, most: number]): number {
  if (typeof value !== 'number') {
    throw new TypeError(`Invalid option perMessageDeflate.${name}: expected a number, got ${typeof value}`);
  }
  const isWhole = Number.isInteger(value) || value === Infinity;
  if (isWhole && value >= least && value <= most) return value;
  const range = most === Infinity ? `of ${least} or more` : `from ${least} to ${most}`;
  throw new RangeError(`Invalid option perMessageDeflate.${name}: expected a whole number ${range}, got ${value}`);
}

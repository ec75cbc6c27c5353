import type { DeflateWishes } from '../handshake/permessage-deflate.ts';
import { JobLimiter } from './job-limiter.ts';

/** Options of permessage-deflate (RFC 7692); the names of `ws`. */
export interface PerMessageDeflateOptions {
  /**
   * Whether the server drops its window after each message. Default `true`: a kept window costs about 100 KiB a socket.
   * A server does it without declaring it, as it may at any time. `connect()` asks for it only where it is `true` here.
   */
  readonly serverNoContextTakeover?: boolean | undefined;
  /**
   * Whether the client is to drop its window after each message. Default: a server asks for it where the client offers
   * it, and keeps up to 32 KiB of what came for other clients; `connect()` does it without a word. `true` has a server
   * ask every client, which not all understand, and has `connect()` announce it.
   */
  readonly clientNoContextTakeover?: boolean | undefined;
  /**
   * Base-2 logarithm of the server's window in bytes: 8 to 15. Default 12; `connect()` takes what comes where it is not
   * given here. A server uses a smaller window than was agreed on without declaring it.
   */
  readonly serverMaxWindowBits?: number | undefined;
  /** Base-2 logarithm of the client's window in bytes: 8 to 15. Default 12. A client that does not offer it has 15. */
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
  /**
   * How many times its compressed length a message of over 16 MiB may have. Default 100; beyond it: 1009. Shorter
   * messages are `maxPayload`'s affair.
   */
  readonly maxRatio?: number | undefined;
  /** How many blocks of a message may say that they are the last (RFC 7692 §7.2.3.4). Default 256; beyond it: 1008. */
  readonly maxFinalBlocks?: number | undefined;
  /** Messages deflated and inflated off the event loop at a time, by all sockets of these options. Default 8. */
  readonly concurrencyLimit?: number | undefined;
}

/** {@link PerMessageDeflateOptions}, checked and complete. */
export interface DeflateSettings {
  readonly wishes: DeflateWishes;
  readonly threshold: number;
  readonly level: number;
  readonly memLevel: number;
  readonly maxRatio: number;
  readonly maxFinalBlocks: number;
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
      serverMaxWindowBits: windowBits('serverMaxWindowBits', options.serverMaxWindowBits),
      clientMaxWindowBits: windowBits('clientMaxWindowBits', options.clientMaxWindowBits),
    },
    threshold: whole('threshold', options.threshold ?? 1024, [0, Infinity]),
    level: whole('zlibDeflateOptions.level', zlib.level ?? 6, [1, 9]),
    memLevel: whole('zlibDeflateOptions.memLevel', zlib.memLevel ?? 5, [1, 9]),
    maxRatio: whole('maxRatio', options.maxRatio ?? 100, [1, Infinity]),
    maxFinalBlocks: whole('maxFinalBlocks', options.maxFinalBlocks ?? 256, [0, Infinity]),
    jobs: new JobLimiter(whole('concurrencyLimit', options.concurrencyLimit ?? 8, [1, Infinity])),
  };
}

function flag(name: string, value: boolean | undefined): boolean | undefined {
  if (value === undefined || typeof value === 'boolean') return value;
  throw new TypeError(`Invalid option perMessageDeflate.${name}: expected a boolean, got ${typeof value}`);
}

function windowBits(name: string, value: number | undefined): number | undefined {
  return value === undefined ? undefined : whole(name, value, [8, 15]);
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

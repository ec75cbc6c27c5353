import type { DeflateWishes } from '../handshake/permessage-deflate.ts';
import { flag } from '../options/choice.ts';
import { members } from '../options/group.ts';
import type { OptionsFor, Resolved } from '../options/option.ts';
import { whole } from '../options/whole-number.ts';
import { JobLimiter } from './job-limiter.ts';

/** Options of permessage-deflate (RFC 7692); the names of `ws`. */
export interface PerMessageDeflateOptions {
  /**
   * Whether the server drops its window after each message. Default `true`: a kept window costs about 100 KiB a socket.
   * A server may do it at any time without declaring it. `connect()` requests it only if this is `true`.
   */
  readonly serverNoContextTakeover?: boolean | undefined;
  /**
   * Whether the client must drop its window after each message. Default: a server requests it if the client offers it,
   * and keeps up to 32 KiB of received data for other clients; `connect()` does it without declaring it. `true` makes a
   * server request it from every client, which some do not understand, and `connect()` announce it.
   */
  readonly clientNoContextTakeover?: boolean | undefined;
  /**
   * Base-2 logarithm of the server's window in bytes: 8 to 15. Default 12; `connect()` accepts any window if this is
   * not given. A server uses a smaller window than agreed without declaring it.
   */
  readonly serverMaxWindowBits?: number | undefined;
  /** Base-2 logarithm of the client's window in bytes: 8 to 15. Default 12. A client that does not offer it has 15. */
  readonly clientMaxWindowBits?: number | undefined;
  /** Messages of fewer bytes are sent as they are. Default 1024. */
  readonly threshold?: number | undefined;
  /** zlib's own options for what is sent. */
  readonly zlibDeflateOptions?: ZlibDeflateOptions | undefined;
  /**
   * Maximum ratio of a message of over 16 MiB to its compressed length. Default 100; beyond it: 1009. Shorter messages
   * are bounded by `maxPayload`.
   */
  readonly maxRatio?: number | undefined;
  /** Maximum number of blocks of a message marked final (RFC 7692 §7.2.3.4). Default 256; beyond it: 1008. */
  readonly maxFinalBlocks?: number | undefined;
  /** Messages deflated and inflated off the event loop at a time, by all sockets of these options. Default 8. */
  readonly concurrencyLimit?: number | undefined;
}

export interface ZlibDeflateOptions {
  /** 1, fastest, to 9, smallest. Default 6, of zlib. */
  readonly level?: number | undefined;
  /** 1 to 9. Default 5. */
  readonly memLevel?: number | undefined;
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

export const zlibOptions = {
  level: whole({ default: 6, min: 1, max: 9 }),
  memLevel: whole({ default: 5, min: 1, max: 9 }),
} satisfies OptionsFor<ZlibDeflateOptions>;

export const deflateOptions = {
  serverNoContextTakeover: flag(undefined),
  clientNoContextTakeover: flag(undefined),
  serverMaxWindowBits: whole({ default: undefined, min: 8, max: 15 }),
  clientMaxWindowBits: whole({ default: undefined, min: 8, max: 15 }),
  threshold: whole({ default: 1024, unit: 'bytes', infinity: true }),
  zlibDeflateOptions: members(zlibOptions),
  maxRatio: whole({ default: 100, min: 1, infinity: true }),
  maxFinalBlocks: whole({ default: 256, unit: 'blocks', infinity: true }),
  concurrencyLimit: whole({ default: 8, min: 1, unit: 'messages', infinity: true }),
} satisfies OptionsFor<PerMessageDeflateOptions>;

const known = new WeakMap<PerMessageDeflateOptions, DeflateSettings>();
const defaults: PerMessageDeflateOptions = {};
const settingsOption = members(deflateOptions, 'a boolean or an object');

/**
 * Checks the option `perMessageDeflate`. The same object gives the same settings each time, so that all sockets of a
 * route share one limit of jobs.
 *
 * @returns `null` if the option is off
 * @throws {TypeError} on an option of the wrong type, or one that does not exist
 * @throws {RangeError} on a number out of its range
 */
export function resolveDeflate(option: boolean | PerMessageDeflateOptions | undefined): DeflateSettings | null {
  if (option === undefined || option === false) return null;
  const options = option === true ? defaults : option;
  const shared = known.get(options);
  if (shared !== undefined) return shared;
  const settings = createSettings(settingsOption.read('perMessageDeflate', options));
  known.set(options, settings);
  return settings;
}

function createSettings(options: Resolved<typeof deflateOptions>): DeflateSettings {
  const { zlibDeflateOptions, threshold, maxRatio, maxFinalBlocks, concurrencyLimit, ...wishes } = options;
  return { wishes, threshold, ...zlibDeflateOptions, maxRatio, maxFinalBlocks, jobs: new JobLimiter(concurrencyLimit) };
}

import { CloseCode, isValidCloseCode } from '@turnout/core';
import { milliseconds, whole, type OptionsFor, type Resolved } from '@turnout/core/options';

/** How an app's sockets are closed. */
export interface CloseOptions {
  /** The close code that clients get: 1000-1014 but 1004-1006, or 3000-4999. Default 1001, "going away". */
  readonly code?: number;
  /**
   * The ms over which the sockets are closed, evenly spread, so that clients do not all reconnect at the same moment.
   * Default 0: all at once.
   */
  readonly window?: number;
  /**
   * How long after that, in ms, clients may take to complete the closing handshake and handlers to return, before they
   * are cut off or no longer waited for; `Infinity` for no limit. Default 5000.
   */
  readonly timeout?: number;
}

const anyCode = whole({ default: CloseCode.GoingAway, min: 1000, max: 4999 });

export const closeOptions = {
  code: {
    ...anyCode,
    expected: 'a close code that may be sent',
    read(name: string, given: unknown): number {
      const code = anyCode.read(name, given);
      if (isValidCloseCode(code)) return code;
      throw new RangeError(`Invalid option ${name}: expected 1000-1014 but 1004-1006, or 3000-4999, got ${code}`);
    },
  },
  window: milliseconds({ default: 0 }),
  timeout: milliseconds({ default: 5_000, infinity: true }),
} satisfies OptionsFor<CloseOptions>;

export type CloseSettings = Resolved<typeof closeOptions>;

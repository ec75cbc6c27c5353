/** Where notices go: `false` for nowhere, or a function that is called with each line. */
export type WarnOption = false | ((line: string) => unknown);

/** After a notice, others of its kind are suppressed for this long, in ms. */
const quietTime = 60_000;

/** In characters. Longer lines are cut: a path or an error message may have any length. */
const maxLength = 600;

/**
 * Tells a developer in one line what was refused or failed, and what to do: browsers show neither the body of a refusal
 * nor why a socket was closed. Only the first of each kind per minute is reported, so that no client can fill the log.
 */
export class Notices {
  readonly #warn: ((line: string) => unknown) | undefined;
  readonly #now: () => number;
  readonly #toldAt = new Map<string, number>();

  /** @param warn Default: `console.warn`; off in production */
  constructor(warn: WarnOption | undefined, now: () => number = () => performance.now()) {
    this.#warn = warn === undefined ? defaultWarn() : warn || undefined;
    this.#now = now;
  }

  /** Whether notices go anywhere. */
  get isOn(): boolean {
    return this.#warn !== undefined;
  }

  /**
   * Reports a notice, unless one of its kind was reported within the last minute.
   *
   * @param kind from a small fixed set, not under the control of clients
   */
  tell(kind: string, describe: () => string): void {
    const now = this.#now();
    if (this.#warn === undefined || now - (this.#toldAt.get(kind) ?? -Infinity) < quietTime) return;
    this.#toldAt.set(kind, now);
    try {
      this.#warn(`turnout: ${toLine(describe())}; see docs/it-does-not-connect.md`);
    } catch (error) {
      console.error(error);
    }
  }
}

function defaultWarn(): ((line: string) => unknown) | undefined {
  if (process.env['NODE_ENV'] === 'production') return undefined;
  // Looked up at each call: applications and tests replace console.warn.
  return (line) => console.warn(line);
}

/** One line without control characters: a client chooses its path and headers. */
function toLine(text: string): string {
  const line = text.trim().replace(/\s+/g, ' ').replace(/\p{C}/gu, '\uFFFD');
  return line.length > maxLength ? `${line.slice(0, maxLength)}…` : line;
}

/** @throws {TypeError} on a `warn` option that is neither `false` nor a function */
export function assertWarn(warn: unknown): void {
  if (warn === undefined || warn === false || typeof warn === 'function') return;
  throw new TypeError(`Invalid option warn: expected false or a function, got ${warn === true ? 'true' : typeof warn}`);
}

/** Where notices go: `false` for nowhere, or a function that is given each line. */
export type WarnOption = false | ((line: string) => unknown);

/** For how long, in ms, no other notice of the same kind is given. */
const quietTime = 60_000;

/** In characters. Longer lines are cut: a path or an error's message may be of any length. */
const maxLength = 600;

/**
 * Tells a developer in one line what was refused or failed, and what to do: a browser shows neither the body of a
 * refusal nor why a socket was closed. Only the first of each kind in a minute is told, so that no client can fill a
 * log.
 */
export class Notices {
  readonly #warn: ((line: string) => unknown) | undefined;
  readonly #now: () => number;
  readonly #toldAt = new Map<string, number>();

  /** @param warn Default: `console.warn`, and in production nowhere */
  constructor(warn: WarnOption | undefined, now: () => number = () => performance.now()) {
    this.#warn = warn === undefined ? defaultWarn() : warn || undefined;
    this.#now = now;
  }

  /** Whether anybody is told. */
  get isOn(): boolean {
    return this.#warn !== undefined;
  }

  /**
   * Gives a notice, unless one of the same kind was given within the last minute.
   *
   * @param kind one of few, whatever clients send
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
  // Looked up at each call, as applications and tests replace console.warn.
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

export interface RepeatOptions {
  /** How often, in ms. */
  readonly every: number;
  /** For the report: `remove expired sessions`. */
  readonly what: string;
  /** Told of each failure. Default: it is printed. */
  readonly report?: (problem: string, error: unknown) => void;
}

/**
 * Does something now, and again and again. A failure is reported and ends nothing: a disk that is full, or a database
 * that is locked, may not be the next time. The process need not wait for it.
 *
 * @returns ends it
 */
export function repeat(task: () => unknown, { every, what, report = console.error }: RepeatOptions): () => void {
  const attempt = async (): Promise<void> => {
    try {
      await task();
    } catch (error) {
      report(`Cannot ${what} just now; trying again in ${every / 1000} s:`, error);
    }
  };
  void attempt();
  const timer = setInterval(() => void attempt(), every).unref();
  return () => clearInterval(timer);
}

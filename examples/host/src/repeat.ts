export interface RepeatOptions {
  /** The interval, in ms. */
  readonly every: number;
  /** For the report: `remove expired sessions`. */
  readonly what: string;
  /** Called with each failure. Default: prints it. */
  readonly report?: (problem: string, error: unknown) => void;
}

/**
 * Runs a task immediately and then periodically. A failure is reported but stops nothing: a full disk or a locked
 * database may have recovered by the next time. The timer does not keep the process alive.
 *
 * @returns a function that stops it
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

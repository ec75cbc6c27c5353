export interface RepeatOptions {
  /** How often, in ms. */
  readonly every: number;
  /** For the report: `remove expired sessions`. */
  readonly what: string;
  /** Told of each failure. Default: it is printed. */
  readonly report?: (problem: string, error: unknown) => void;
}

/**
 * Runs a task now and then periodically. A failure is reported but stops nothing: a full disk or a locked database may
 * be fine the next time. The timer does not keep the process alive.
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

/** Calls a handler of the application. If it throws, that is an uncaught error of the page, and stops nothing else. */
export function tell(call: () => unknown): void {
  try {
    call();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

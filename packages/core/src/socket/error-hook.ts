/** The phase of a socket's life in which the application's code failed. */
export type ErrorPhase = 'handshake' | 'open' | 'message' | 'close';

/**
 * Called with every error that the application's code throws or rejects with. An error that it throws itself is
 * printed, so that no error is lost and none ends the process.
 */
export type ErrorHook<Context> = (error: unknown, context: Context) => unknown;

/** Calls `hook`, or prints the error if there is none. Never throws. */
export function reportError<Context>(hook: ErrorHook<Context> | undefined, error: unknown, context: Context): void {
  if (hook === undefined) return console.error(error);
  guard(() => hook(error, context), console.error);
}

/** Runs `callback`; passes what it throws or rejects with to `onFault`. */
export function guard(callback: () => unknown, onFault: (error: unknown) => void): void {
  try {
    const result = callback();
    if (result instanceof Promise) result.catch(onFault);
  } catch (error) {
    onFault(error);
  }
}

/** The application's own events count as messages, like `ping`, `pong` and `drain`. */
export function phaseOf(name: string): ErrorPhase {
  if (name === 'open') return 'open';
  return name === 'close' || name === 'error' ? 'close' : 'message';
}

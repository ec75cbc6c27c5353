/** Where in a socket's life the application's code failed. */
export type ErrorPhase = 'handshake' | 'open' | 'message' | 'close';

/**
 * Told of every error that the application's code throws or rejects with. What it throws itself is printed, so that
 * no error gets lost and none ends the process.
 */
export type ErrorHook<Context> = (error: unknown, context: Context) => unknown;

/** Calls `hook`, or prints the error without one. Never throws. */
export function reportError<Context>(hook: ErrorHook<Context> | undefined, error: unknown, context: Context): void {
  if (hook === undefined) return console.error(error);
  guard(() => hook(error, context), console.error);
}

/** Runs `callback`; what it throws, or rejects with, goes to `onFault`. */
export function guard(callback: () => unknown, onFault: (error: unknown) => void): void {
  try {
    const result = callback();
    if (result instanceof Promise) result.catch(onFault);
  } catch (error) {
    onFault(error);
  }
}

/** Events of the application's own count as messages, as `ping`, `pong` and `drain` do. */
export function phaseOf(name: string): ErrorPhase {
  if (name === 'open') return 'open';
  return name === 'close' || name === 'error' ? 'close' : 'message';
}

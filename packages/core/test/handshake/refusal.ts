import { HandshakeError } from '../../src/errors.ts';

/** Runs code that must refuse and returns the error; rethrows any other error. */
export function refusalOf(run: () => unknown): HandshakeError {
  try {
    run();
  } catch (error) {
    if (error instanceof HandshakeError) return error;
    throw error;
  }
  throw new Error('Expected a HandshakeError, but nothing was thrown');
}

/** Status and code of a refusal in one string, for tables. */
export function verdictOf(run: () => unknown): string {
  const { status, code } = refusalOf(run);
  return `${status} ${code}`;
}

import { ProtocolError } from '../../src/errors.ts';

/**
 * Runs code that must fail for a fault of the peer and returns `<close code> <error code>: <message>`; rethrows any
 * other error.
 */
export function faultOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof ProtocolError) return `${error.closeCode} ${error.code}: ${error.message}`;
    throw error;
  }
  throw new Error('Expected a ProtocolError, but nothing was thrown');
}

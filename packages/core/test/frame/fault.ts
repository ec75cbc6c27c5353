import { ProtocolError } from '../../src/errors.ts';

/**
 * Runs what must fail as a peer's fault and returns `<close code> <error code>: <message>`; any other throw goes on.
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

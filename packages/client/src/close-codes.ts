/** The close code that a server sends when the session has ended. */
export const sessionEnded = 3000;

/**
 * Close codes after which reconnecting is pointless: normal closure, a fault of the client, a violated policy, an ended
 * session.
 */
const finalCodes = [1000, 1002, 1007, 1008, sessionEnded];

/** Whether reconnecting after this close code is pointless. */
export function isFinal(code: number, others: readonly number[]): boolean {
  return finalCodes.concat(others).includes(code);
}

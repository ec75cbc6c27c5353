/** The close code of a server that has ended the session. */
export const sessionEnded = 3000;

/**
 * Close codes of a goodbye, and those after which the same would only happen again: a fault of the client, a refusal, a
 * session that has ended.
 */
const finalCodes = [1000, 1002, 1007, 1008, sessionEnded];

/** Whether it is of no use to connect again after a close code. */
export function isFinal(code: number, others: readonly number[]): boolean {
  return finalCodes.concat(others).includes(code);
}

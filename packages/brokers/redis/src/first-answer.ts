import { askOnce } from './redis-connection.ts';
import type { ClientOptions } from './redis-options.ts';

export interface Answered {
  /** The index of the server that answered. */
  readonly index: number;
  readonly answer: unknown;
}

/**
 * Asks several servers the same at once, as one of them may accept connections and never answer.
 *
 * @returns the first answer
 * @throws {Error} (rejects) with the error of the last server if all fail
 */
export async function firstAnswer(
  servers: readonly ClientOptions[],
  question: string[],
  signal: AbortSignal,
): Promise<Answered> {
  const answered = new AbortController();
  const either = AbortSignal.any([signal, answered.signal]);
  const answers = servers.map(async (server, index) => ({ index, answer: await askOnce(server, question, either) }));
  try {
    return await Promise.any(answers);
  } catch (error) {
    throw (error as AggregateError).errors.at(-1);
  } finally {
    answered.abort();
  }
}

import type { PermissionViolationError, RequestError } from '@nats-io/transport-node';
import { TopicError, type HistoryOptions } from '@turnout/topics';

export function lostError(): TopicError {
  return new TopicError('TOPIC_ERR_BROKER_LOST', 'NATS cannot be reached');
}

export function closedError(): TopicError {
  return new TopicError('TOPIC_ERR_CLOSED', 'The broker is closed');
}

export function refusedError(cause: Error): TopicError {
  return new TopicError('TOPIC_ERR_BROKER', `NATS has refused: ${cause.message}`, { cause });
}

export function timeoutError(cause: unknown): TopicError {
  return new TopicError('TOPIC_ERR_TIMEOUT', 'NATS has not answered in time', { cause });
}

export interface OptionsConflict {
  readonly here: HistoryOptions | null;
  /** What another node, or the server, has. */
  readonly there: HistoryOptions | null;
  /** Where that is. */
  readonly where: string;
}

export function optionsError(topic: string, { here, there, where }: OptionsConflict): TopicError {
  return new TopicError(
    'TOPIC_ERR_OPTIONS',
    `Invalid options of topic ${topic}: expected ${describe(there)}, as ${where} has it, got ${describe(here)}`,
  );
}

export function isSameHistory(one: HistoryOptions | null, other: HistoryOptions | null): boolean {
  return one?.size === other?.size && one?.ttl === other?.ttl;
}

/**
 * The refusal of the server that an error is or is caused by. By its name: the connection may be of another copy of the
 * client.
 */
export function refusalIn(error: unknown): PermissionViolationError | undefined {
  if (!(error instanceof Error)) return undefined;
  return error.name === 'PermissionViolationError' ? (error as PermissionViolationError) : refusalIn(error.cause);
}

/** Whether nobody is subscribed to the subject of a request. */
export function isUnanswered(error: unknown): boolean {
  return error instanceof Error && error.name === 'RequestError' && (error as RequestError).isNoResponders();
}

/** Whether the client has given up waiting for an answer. */
export function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === 'TimeoutError';
}

function describe(history: HistoryOptions | null): string {
  return history === null ? 'no history' : `a history of size ${history.size} and ttl ${history.ttl}`;
}

import type { PermissionViolationError, RequestError } from '@nats-io/transport-node';
import { TopicError, type HistoryOptions } from '@turnout/topics';

export function lostError(cause?: unknown): TopicError {
  return new TopicError('TOPIC_ERR_BROKER_LOST', 'NATS cannot be reached', cause === undefined ? {} : { cause });
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

/** The servers of a connection attempt, and the time limit in ms for each. */
export interface ConnectAttempt {
  readonly servers: readonly string[];
  readonly timeout: number;
}

export function connectError(cause: unknown, attempt: ConnectAttempt): TopicError {
  const code = isNamed(cause, 'AuthorizationError') ? 'TOPIC_ERR_BROKER' : 'TOPIC_ERR_BROKER_LOST';
  // The part before the @ is secret.
  const servers = attempt.servers.map((server) => server.replace(/^.*@/, '')).join(', ');
  const message = `Cannot connect to NATS at ${servers}: ${reasonOf(cause, attempt)}`;
  return new TopicError(code, message, { cause });
}

function reasonOf(error: unknown, { timeout }: ConnectAttempt): string {
  if (isTimeout(error)) return `no NATS server has answered within ${timeout} ms`;
  const { message } = error as Error;
  if (message === 'unexpected response from server') return 'what answers is not a NATS server';
  return message.includes('undefined error') ? 'the connection was closed at once' : message;
}

export interface OptionsConflict {
  readonly here: HistoryOptions | null;
  /** The options of another node or of the server. */
  readonly there: HistoryOptions | null;
  /** Who has them. */
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
 * The server's refusal, if an error is one or is caused by one. Compared by name, as the connection may come from
 * another copy of the client.
 */
export function refusalIn(error: unknown): PermissionViolationError | undefined {
  if (!(error instanceof Error)) return undefined;
  return error.name === 'PermissionViolationError' ? (error as PermissionViolationError) : refusalIn(error.cause);
}

/** Whether a request failed because nobody subscribes to its subject. */
export function isUnanswered(error: unknown): boolean {
  return error instanceof Error && error.name === 'RequestError' && (error as RequestError).isNoResponders();
}

/** Errors with which the client rejects after its connection was lost or closed. */
const disconnects: ReadonlySet<string> = new Set([
  'ClosedConnectionError',
  'ConnectionError',
  'DrainingConnectionError',
  'RequestError',
]);

/** Whether a request failed because the connection ended. The client may reject before it reports the loss. */
export function isDisconnect(error: unknown): boolean {
  return error instanceof Error && disconnects.has(error.name) && !isUnanswered(error);
}

/** Whether the client's request timed out. */
export function isTimeout(error: unknown): boolean {
  return isNamed(error, 'TimeoutError');
}

function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}

function describe(history: HistoryOptions | null): string {
  return history === null ? 'no history' : `a history of size ${history.size} and ttl ${history.ttl}`;
}

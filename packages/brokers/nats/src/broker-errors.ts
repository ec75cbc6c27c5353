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

/** Where it was tried to connect to, and how long, in ms, each may take. */
export interface ConnectAttempt {
  readonly servers: readonly string[];
  readonly timeout: number;
}

export function connectError(cause: unknown, attempt: ConnectAttempt): TopicError {
  const code = isNamed(cause, 'AuthorizationError') ? 'TOPIC_ERR_BROKER' : 'TOPIC_ERR_BROKER_LOST';
  // What stands before the @ is secret.
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

/** What the client rejects with that has lost its connection, or has closed it. */
const disconnects: ReadonlySet<string> = new Set([
  'ClosedConnectionError',
  'ConnectionError',
  'DrainingConnectionError',
  'RequestError',
]);

/** Whether the connection has ended what was waiting for an answer. The client may notice that before it says so. */
export function isDisconnect(error: unknown): boolean {
  return error instanceof Error && disconnects.has(error.name) && !isUnanswered(error);
}

/** Whether the client has given up waiting for an answer. */
export function isTimeout(error: unknown): boolean {
  return isNamed(error, 'TimeoutError');
}

function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}

function describe(history: HistoryOptions | null): string {
  return history === null ? 'no history' : `a history of size ${history.size} and ttl ${history.ttl}`;
}

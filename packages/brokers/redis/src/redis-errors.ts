import { TopicError } from '@turnout/topics';

/** Errors of a server that can be reached but cannot serve. Older servers put a dash before the error of a script. */
const unable = /(?:^|-)(READONLY|LOADING|MASTERDOWN|NOREPLICAS|CLUSTERDOWN)\b/;

/** Errors of a master that temporarily accepts no writes but serves reads: its memory is full, or it cannot save. */
const full = /(?:^|-)(OOM|MISCONF)\b/;

/** Errors for missing ACL permissions; in a script they depend on the version of the server. */
const refusal = /NOPERM|ACL failure in script|The user executing the script can't/;

/** Whether an error means that this server is not, or no longer, usable, so that the broker must reconnect. */
export function isLoss(error: unknown): boolean {
  return unable.test(messageOf(error)) || isConnectionError(error);
}

/** Whether the server refuses because of its ACL. */
export function isRefusal(error: unknown): boolean {
  return refusal.test(messageOf(error));
}

/** Whether a master temporarily accepts no writes because it has no room for them. */
export function isFull(error: unknown): boolean {
  return full.test(messageOf(error));
}

/** The error for the caller when the server refuses a call for a topic. */
export function toTopicError(error: unknown, topic: string): TopicError {
  if (error instanceof TopicError) return error;
  const message = messageOf(error);
  const [, size, ttl] = /\bOPTIONS (\S+) (\S+)/.exec(message) ?? [];
  if (size !== undefined) return otherOptions(topic, `a history of size ${size} and ttl ${ttl}`);
  const hint = isRefusal(error) ? ' (the README of @turnout/redis has the ACL that is needed)' : '';
  return new TopicError('TOPIC_ERR_BROKER', `Redis refuses topic ${topic}: ${message}${hint}`, { cause: error });
}

export function otherOptions(topic: string, others: string): TopicError {
  return new TopicError('TOPIC_ERR_OPTIONS', `Invalid options: other nodes have topic ${topic} with ${others}`);
}

export function lostError(cause?: unknown): TopicError {
  return new TopicError('TOPIC_ERR_BROKER_LOST', 'Redis cannot be reached', { cause });
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Errors of the `redis` package and of sockets, as opposed to answers of the server. */
const connectionErrors = new Set([
  'ClientClosedError',
  'ClientOfflineError',
  'ConnectionTimeoutError',
  'DisconnectsClientError',
  'SocketClosedUnexpectedlyError',
  'SocketTimeoutError',
]);

function isConnectionError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return connectionErrors.has(error.constructor.name) || 'syscall' in error;
}

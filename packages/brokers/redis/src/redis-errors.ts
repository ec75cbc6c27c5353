import { TopicError } from '@turnout/topics';

/**
 * Answers of a server that cannot serve, though it can be reached. Older servers put an error of a script behind a
 * dash.
 */
const unable = /(?:^|-)(READONLY|LOADING|MASTERDOWN|NOREPLICAS|CLUSTERDOWN)\b/;

/**
 * Answers of a master that takes no writes for now, and serves all else: its memory is full, or it cannot save.
 */
const full = /(?:^|-)(OOM|MISCONF)\b/;

/** Answers to a user whose ACL lacks something; in a script they depend on the version of the server. */
const refusal = /NOPERM|ACL failure in script|The user executing the script can't/;

/**
 * Whether an error means that this is not, or no longer, a server that can be worked with: another has to be looked
 * for.
 */
export function isLoss(error: unknown): boolean {
  return unable.test(messageOf(error)) || isConnectionError(error);
}

/** Whether the server lets the user not do that, by its ACL. */
export function isRefusal(error: unknown): boolean {
  return refusal.test(messageOf(error));
}

/** Whether a master takes no writes for now, as it has no room for them. */
export function isFull(error: unknown): boolean {
  return full.test(messageOf(error));
}

/** What a call for a topic that the server has refused is to its caller. */
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

/** Errors of the `redis` package, and of sockets, that are no answers. */
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

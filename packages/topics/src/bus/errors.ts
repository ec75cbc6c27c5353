export type TopicErrorCode =
  /** The broker cannot be reached. */
  | 'TOPIC_ERR_BROKER_LOST'
  /** More is in flight to the broker than `maxPendingMessages` or `maxPendingBytes` allow. */
  | 'TOPIC_ERR_BACKLOG'
  /** The broker has not answered within `timeout`. It is unknown whether the broker has the message. */
  | 'TOPIC_ERR_TIMEOUT'
  /** The broker answered with an error, which is the `cause`. */
  | 'TOPIC_ERR_BROKER'
  /** The message has more bytes than the broker's server accepts. */
  | 'TOPIC_ERR_TOO_LONG'
  /** The broker knows the topic with other options: with or without history, or of another size or ttl. */
  | 'TOPIC_ERR_OPTIONS'
  /** The state has as many keys or bytes as `maxKeys` or `maxBytes` allow. */
  | 'TOPIC_ERR_STATE_FULL'
  /** The value to increment is not a number. */
  | 'TOPIC_ERR_STATE_VALUE'
  /** The hub or its broker is closed. */
  | 'TOPIC_ERR_CLOSED';

/** Why a message could not be published, or a topic could not be subscribed to. */
export class TopicError extends Error {
  override readonly name = 'TopicError';
  readonly code: TopicErrorCode;

  constructor(code: TopicErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Whether an error is a {@link TopicError} with one of these codes. */
export function hasCode(error: unknown, ...codes: readonly TopicErrorCode[]): boolean {
  return error instanceof TopicError && codes.includes(error.code);
}

export function brokerLost(): TopicError {
  return new TopicError('TOPIC_ERR_BROKER_LOST', 'The broker cannot be reached');
}

export function hubClosed(): TopicError {
  return new TopicError('TOPIC_ERR_CLOSED', 'The hub is closed');
}

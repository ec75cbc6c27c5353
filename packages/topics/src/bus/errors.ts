export type TopicErrorCode =
  /** The broker can't be reached. */
  | 'TOPIC_ERR_BROKER_LOST'
  /** More is on its way to the broker than `maxPendingMessages` or `maxPendingBytes` allow. */
  | 'TOPIC_ERR_BACKLOG'
  /** The broker has not answered within `timeout`. Whether it has the message is not known. */
  | 'TOPIC_ERR_TIMEOUT'
  /** The broker has answered with an error, which is the `cause`. */
  | 'TOPIC_ERR_BROKER'
  /** The hub or its broker is closed. */
  | 'TOPIC_ERR_CLOSED';

/** Why a message could not be published, or a topic not be subscribed to. */
export class TopicError extends Error {
  override readonly name = 'TopicError';
  readonly code: TopicErrorCode;

  constructor(code: TopicErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

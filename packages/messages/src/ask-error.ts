export type AskErrorCode =
  /** The peer answered that it cannot reply; the message quotes it. */
  | 'MSG_ERR_REFUSED'
  /** No reply arrived within `timeout`. */
  | 'MSG_ERR_TIMEOUT'
  /** The connection ended without a reply. */
  | 'MSG_ERR_GONE'
  /** The client is closed, or its queue is full: the question was not sent. */
  | 'MSG_ERR_NOT_SENT';

/** A question got no reply. */
export class AskError extends Error {
  override readonly name = 'AskError';
  /** Why the question got no reply. */
  readonly code: AskErrorCode;

  constructor(code: AskErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

export type AskErrorCode =
  /** The other side answered that it cannot reply; its words are in the message. */
  | 'MSG_ERR_REFUSED'
  /** There was no reply within `timeout`. */
  | 'MSG_ERR_TIMEOUT'
  /** The connection ended without a reply. */
  | 'MSG_ERR_GONE'
  /** A client is closed, or its queue is full: the question did not leave. */
  | 'MSG_ERR_NOT_SENT';

/** The other side was asked, and there is no reply. */
export class AskError extends Error {
  override readonly name = 'AskError';
  /** Why there is none. */
  readonly code: AskErrorCode;

  constructor(code: AskErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

export type SendErrorCode =
  /** The socket was closing or closed when `send()`, `ping()` or `pong()` was called. */
  | 'WS_ERR_NOT_OPEN'
  /** The connection ended before the transport accepted the message. */
  | 'WS_ERR_NOT_SENT';

/** The error that the callback of `send()`, `ping()` or `pong()` receives if the message was not sent. */
export class SendError extends Error {
  override readonly name = 'SendError';
  readonly code: SendErrorCode;

  constructor(code: SendErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** The error of a message that cannot be sent; applications look for this wording of `ws`. */
export function notOpen(readyState: '2 (CLOSING)' | '3 (CLOSED)'): SendError {
  return new SendError('WS_ERR_NOT_OPEN', `WebSocket is not open: readyState ${readyState}`);
}

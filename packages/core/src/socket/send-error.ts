export type SendErrorCode =
  /** The socket was closing or closed when `send()`, `ping()` or `pong()` was called. */
  | 'WS_ERR_NOT_OPEN'
  /** The connection ended before the transport took the message. */
  | 'WS_ERR_NOT_SENT';

/** What the callback of a `send()`, `ping()` or `pong()` gets where the message did not leave. */
export class SendError extends Error {
  override readonly name = 'SendError';
  readonly code: SendErrorCode;

  constructor(code: SendErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** The error of a message that cannot be sent, in the words of `ws`, which applications look for. */
export function notOpen(readyState: '2 (CLOSING)' | '3 (CLOSED)'): SendError {
  return new SendError('WS_ERR_NOT_OPEN', `WebSocket is not open: readyState ${readyState}`);
}

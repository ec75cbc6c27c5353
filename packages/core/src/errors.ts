/**
 * The peer broke a rule of RFC 6455, or exceeded one of our limits.
 *
 * It is never thrown at the application: the connection is failed with `closeCode` (§7.1.7) and the socket's `error`
 * listeners receive the error. Codes keep the names of the `ws` package where the rule is the same.
 */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  /** The broken rule, e.g. `WS_ERR_UNEXPECTED_RSV_1`; the README lists them all. */
  readonly code: string;
  /** The close code sent to the peer (§7.4.1). */
  readonly closeCode: number;

  constructor(code: string, closeCode: number, message: string) {
    super(message);
    this.code = code;
    this.closeCode = closeCode;
  }
}

/**
 * The opening handshake is refused (RFC 6455 §4.2.2).
 *
 * The refused client reads `message` in the response body, so it never holds more than the client sent.
 */
export class HandshakeError extends Error {
  override readonly name = 'HandshakeError';
  /** What was wrong, e.g. `WS_ERR_HANDSHAKE_KEY`; the README lists them all. */
  readonly code: string;
  /** The HTTP status code of the response. */
  readonly status: number;
  /** Further response headers, such as `Allow` with a 405. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: string, status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.code = code;
    this.status = status;
    this.headers = headers;
  }
}

/**
 * The peer broke a rule of RFC 6455, or went over one of our limits.
 *
 * It never reaches the application as a throw: the connection is failed with `closeCode` (§7.1.7) and the error is
 * given to the socket's `error` listeners. Codes keep the names of the `ws` package where the rule is the same.
 */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  /** What rule was broken, e.g. `WS_ERR_UNEXPECTED_RSV_1`; the README lists them all. */
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
 * `message` is what the refused client reads in the answer's body, so it never holds more than the client sent.
 */
export class HandshakeError extends Error {
  override readonly name = 'HandshakeError';
  /** What was wrong, e.g. `WS_ERR_HANDSHAKE_KEY`; the README lists them all. */
  readonly code: string;
  /** The HTTP status code of the answer. */
  readonly status: number;
  /** Headers that belong to the answer, such as `Allow` with a 405. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: string, status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.code = code;
    this.status = status;
    this.headers = headers;
  }
}

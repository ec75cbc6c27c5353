import type { IncomingHttpHeaders } from 'node:http';

export interface ConnectErrorDetails {
  readonly status?: number;
  readonly headers?: IncomingHttpHeaders;
  readonly body?: string;
  readonly cause?: unknown;
}

/** `connect()` failed to open a socket. */
export class ConnectError extends Error {
  override readonly name = 'ConnectError';
  /** `WS_ERR_CONNECT_*`, or the code of the network's error such as `ECONNREFUSED`. */
  readonly code: string;
  /** The HTTP status code of the server's answer; `undefined` if it did not answer. */
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders | undefined;
  /** The body of a refusal, up to 64 KiB. */
  readonly body: string | undefined;

  constructor(code: string, message: string, { status, headers, body, cause }: ConnectErrorDetails = {}) {
    super(message, { cause });
    this.code = code;
    this.status = status;
    this.headers = headers;
    this.body = body;
  }
}

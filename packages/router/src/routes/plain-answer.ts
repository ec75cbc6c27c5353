import { STATUS_CODES } from 'node:http';
import type { ServerResponse } from 'node:http';

/**
 * Answers a request that no route has answered, in plain text: 404, or for an error its `status` or `statusCode`
 * (400-599), else 500. The text is the error's message below 500, else the name of the status. A response that has
 * begun is cut off.
 */
export function sendPlainAnswer(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    if (error) response.destroy();
    return;
  }
  const status = error ? statusOf(error) : 404;
  const text = status < 500 && error instanceof Error ? error.message : STATUS_CODES[status];
  response.statusCode = status;
  response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  response.end(`${text}\n`);
}

/** The HTTP status of an error, by the convention of `http-errors`. Default: 500. */
export function statusOf(error: unknown): number {
  const { status, statusCode } = error as { status?: unknown; statusCode?: unknown };
  const own = [status, statusCode].find((value) => typeof value === 'number' && value >= 400 && value <= 599);
  return (own as number | undefined) ?? 500;
}

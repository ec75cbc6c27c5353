import { STATUS_CODES } from 'node:http';
import type { ErrorRequestHandler } from 'express';

/** Answers a failed request only with its status: the details belong in the log, not in the answer. */
export const answerFailure: ErrorRequestHandler = (error: { readonly status?: unknown }, _request, response, next) => {
  const { status } = error;
  const isRefusal = typeof status === 'number' && status >= 400 && status < 500;
  if (!isRefusal) console.error(error);
  if (response.headersSent) return next(error);
  const answered = isRefusal ? status : 500;
  return response.status(answered).type('text').send(`${STATUS_CODES[answered]}\n`);
};

import { deepStrictEqual } from 'node:assert';
import type { IncomingHttpHeaders } from 'node:http';

/** Makes sure that the answer has these headers, among others. */
export function assertHeaders(headers: IncomingHttpHeaders, expected: IncomingHttpHeaders): void {
  const actual = Object.fromEntries(Object.keys(expected).map((name) => [name, headers[name]]));
  deepStrictEqual(actual, { ...expected });
}

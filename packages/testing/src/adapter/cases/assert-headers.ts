import { deepStrictEqual } from 'node:assert';
import type { IncomingHttpHeaders } from 'node:http';

/** Asserts that the answer includes these headers. */
export function assertHeaders(headers: IncomingHttpHeaders, expected: IncomingHttpHeaders): void {
  const actual = Object.fromEntries(Object.keys(expected).map((name) => [name, headers[name]]));
  deepStrictEqual(actual, { ...expected });
}

import { HandshakeError } from '../errors.ts';

const Hash = 0x23;
const Percent = 0x25;
const Dot = 0x2e;
const Slash = 0x2f;
const Question = 0x3f;
const Backslash = 0x5c;

export interface TargetRules {
  /** The request's Host, which the authority of an absolute form must match; `undefined` without a Host header. */
  readonly host: string | undefined;
  /** In bytes; a longer target is answered with 414. */
  readonly maxTargetLength: number;
}

/**
 * Checks the target of an upgrade request and returns it unchanged (RFC 9112 §3.2).
 *
 * A target that two parsers could interpret differently is refused, never normalised: the matched route must be the one
 * that a proxy and the app's own guards saw. A target that is merely unusual (`;`, `%77`, `//` further in, a malformed
 * escape) passes, and the router matches it as it does for HTTP.
 *
 * @throws {HandshakeError} 414 over `maxTargetLength`; 400 if the target is not a path, is an absolute form for another
 *   authority, contains a fragment or a character outside visible ASCII, or if its path contains a backslash, a leading
 *   `//`, a dot segment (also percent-encoded) or `%00`
 */
export function parseRequestTarget(target: string, { host, maxTargetLength }: TargetRules): string {
  // Node decodes the request line as latin1, one character a byte.
  const byteLength = Buffer.byteLength(target, 'latin1');
  if (byteLength > maxTargetLength) {
    const message = `Request target has ${byteLength} bytes, more than ${maxTargetLength} (maxTargetLength)`;
    throw new HandshakeError('WS_ERR_HANDSHAKE_TARGET_LENGTH', 414, message);
  }
  assertVisible(target);
  const start = pathStart(target, host);
  if (target.charCodeAt(start + 1) === Slash) throw ambiguous('its path starts with two slashes');
  assertPath(target, start);
  return target;
}

function ambiguous(reason: string): HandshakeError {
  return new HandshakeError('WS_ERR_HANDSHAKE_TARGET', 400, `Request target is refused: ${reason}`);
}

function assertVisible(target: string): void {
  for (let index = 0; index < target.length; index++) {
    const code = target.charCodeAt(index);
    if (code < 0x21 || code > 0x7e) throw ambiguous('it contains a character outside visible ASCII');
    if (code === Hash) throw ambiguous('it contains a fragment');
  }
}

/**
 * The index at which the path starts: 0 in the origin form, after the authority in the absolute form (§3.2.1, §3.2.2).
 */
function pathStart(target: string, host: string | undefined): number {
  if (target.startsWith('/')) return 0;
  const schemeEnd = target.indexOf('://');
  const scheme = target.slice(0, Math.max(schemeEnd, 0)).toLowerCase();
  if (scheme !== 'http' && scheme !== 'https') throw ambiguous('it is neither a path nor an http address');
  const authorityStart = schemeEnd + 3;
  const start = target.indexOf('/', authorityStart);
  if (start === -1) throw ambiguous('it has no path');
  const authority = target.slice(authorityStart, start);
  // "the host of an absolute-form target replaces the Host": if the two disagree, one request has two routes.
  if (authority.toLowerCase() !== host?.toLowerCase()) throw ambiguous('its authority is not that of the Host header');
  return start;
}

/**
 * Walks the path once; `dots` counts the dots of the current segment, and is `Infinity` once it has other characters.
 */
function assertPath(target: string, start: number): void {
  let dots = 0;
  for (let index = start + 1; index < target.length; index++) {
    const code = target.charCodeAt(index);
    if (code === Question) break;
    if (code === Backslash) throw ambiguous('its path contains a backslash');
    const escape = code === Percent ? target.slice(index + 1, index + 3).toLowerCase() : '';
    if (escape === '00') throw ambiguous('its path contains %00');
    if (code === Slash) {
      if (isDotSegment(dots)) break;
      dots = 0;
    } else if (code === Dot) {
      dots++;
    } else if (escape === '2e') {
      dots++;
      index += 2;
    } else {
      dots = Infinity;
    }
  }
  if (isDotSegment(dots)) throw ambiguous('its path contains a dot segment');
}

/** `.` and `..` (RFC 3986 §3.3); `...` is an ordinary name. */
function isDotSegment(dots: number): boolean {
  return dots === 1 || dots === 2;
}

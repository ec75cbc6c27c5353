import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HandshakeError } from '../../src/errors.ts';
import { parseRequestTarget } from '../../src/handshake/request-target.ts';
import { refusalOf, verdictOf } from './refusal.ts';

const host = 'Example.com:8080';
const parse = (target: string, maxTargetLength = 8192): string => parseRequestTarget(target, { host, maxTargetLength });

describe('parseRequestTarget', () => {
  test.each([
    // RFC 9112 §3.2.1, origin form
    '/',
    '/chat',
    '/chat?',
    '/chat?room=1&room=2',
    '/?__proto__[x]=1',
    // unusual; the router decides
    '/ws/',
    '/ws//',
    '/a//b',
    '/ws;x=1',
    '/%77s',
    '/WS',
    '/room/%',
    '/room/%E0%A4%A',
    '/room/%2',
    '/a%2fb',
    '/a%5cb',
    '/%252e%252e/ws',
    '/:@!$&\'()*+,=|^`{}<>"[]',
    // names that only look like dot segments
    '/...',
    '/a.',
    '/.a',
    '/..a/b',
    '/a..',
    '/.well-known/x',
    '/%2e%2e%2e',
    '/a%2e',
    '/%2ea',
    // what a query may contain
    '/a?b=/../c',
    '/a?b=\\',
    '/a?b=%00',
    '/a?//',
    '/a??b',
    // RFC 9112 §3.2.2, absolute form
    'http://example.com:8080/',
    'http://Example.com:8080/chat?x=http://other',
    'https://EXAMPLE.COM:8080/chat',
    'HTTP://example.com:8080/chat',
  ])('returns %s unchanged', (target) => {
    expect(parse(target)).toBe(target);
  });

  test.each([
    // RFC 9112 §3.2: not a form that GET allows
    ['', 'it is neither a path nor an http address'],
    ['*', 'it is neither a path nor an http address'],
    ['chat', 'it is neither a path nor an http address'],
    ['?x', 'it is neither a path nor an http address'],
    ['example.com:8080', 'it is neither a path nor an http address'],
    ['://example.com:8080/', 'it is neither a path nor an http address'],
    ['ws://example.com:8080/', 'it is neither a path nor an http address'],
    ['ftp://example.com:8080/', 'it is neither a path nor an http address'],
    ['xhttp://example.com:8080/', 'it is neither a path nor an http address'],
    ['http:/example.com:8080/', 'it is neither a path nor an http address'],
    ['http:example.com', 'it is neither a path nor an http address'],
    ['\\\\evil\\ws', 'it is neither a path nor an http address'],
    // RFC 9112 §3.2.2
    ['http://example.com:8080', 'it has no path'],
    ['http://example.com:8080?x', 'it has no path'],
    ['http://evil/ws', 'its authority is not that of the Host header'],
    ['http://example.com/ws', 'its authority is not that of the Host header'],
    ['http:///ws', 'its authority is not that of the Host header'],
    ['http://a@example.com:8080/ws', 'its authority is not that of the Host header'],
    ['http://example.com:8080?/ws', 'its authority is not that of the Host header'],
    ['http://example.com:8080\\@evil/ws', 'its authority is not that of the Host header'],
    ['http://example.com:8080//ws', 'its path starts with two slashes'],
    ['http://example.com:8080/../ws', 'its path contains a dot segment'],
    // RFC 3986 §3.3: a path without an authority cannot start like this
    ['//', 'its path starts with two slashes'],
    ['//evil/ws', 'its path starts with two slashes'],
    ['///ws', 'its path starts with two slashes'],
    // RFC 3986 §3.5: a fragment is not sent
    ['/ws#x', 'it contains a fragment'],
    ['/ws?a#x', 'it contains a fragment'],
    ['/ws#', 'it contains a fragment'],
    // RFC 3986 §5.2.4
    ['/.', 'its path contains a dot segment'],
    ['/..', 'its path contains a dot segment'],
    ['/./ws', 'its path contains a dot segment'],
    ['/../ws', 'its path contains a dot segment'],
    ['/x/../ws', 'its path contains a dot segment'],
    ['/x/..', 'its path contains a dot segment'],
    ['/x/.', 'its path contains a dot segment'],
    ['/x/..?y', 'its path contains a dot segment'],
    ['/%2e/ws', 'its path contains a dot segment'],
    ['/%2e%2e/ws', 'its path contains a dot segment'],
    ['/.%2e/ws', 'its path contains a dot segment'],
    ['/%2E./ws', 'its path contains a dot segment'],
    ['/x/%2E%2e', 'its path contains a dot segment'],
    ['/a//../ws', 'its path contains a dot segment'],
    // WHATWG URL reads a backslash as a slash
    ['/x\\..\\ws', 'its path contains a backslash'],
    ['/\\evil/ws', 'its path contains a backslash'],
    ['/ws\\', 'its path contains a backslash'],
    ['/ws%00', 'its path contains %00'],
    ['/%00', 'its path contains %00'],
    // RFC 3986 §2: visible ASCII only
    ['/a b', 'it contains a character outside visible ASCII'],
    ['/a\tb', 'it contains a character outside visible ASCII'],
    ['/a\r\nb', 'it contains a character outside visible ASCII'],
    ['/a\0', 'it contains a character outside visible ASCII'],
    ['/a\x7f', 'it contains a character outside visible ASCII'],
    ['/caf\u00e9', 'it contains a character outside visible ASCII'],
    ['/a?\u0100', 'it contains a character outside visible ASCII'],
  ])('refuses %j with 400: %s', (target, reason) => {
    expect(refusalOf(() => parse(target))).toMatchObject({
      status: 400,
      code: 'WS_ERR_HANDSHAKE_TARGET',
      message: `Request target is refused: ${reason}`,
    });
  });

  test('refuses an absolute form without a Host', () => {
    const rules = { host: undefined, maxTargetLength: 100 };
    expect(verdictOf(() => parseRequestTarget('http://undefined/', rules))).toBe('400 WS_ERR_HANDSHAKE_TARGET');
  });

  test('accepts exactly maxTargetLength bytes and refuses one more with 414 (RFC 9110 §15.5.15)', () => {
    expect(parse(`/${'a'.repeat(8191)}`)).toHaveLength(8192);
    expect(refusalOf(() => parse(`/${'a'.repeat(8192)}`))).toMatchObject({
      status: 414,
      code: 'WS_ERR_HANDSHAKE_TARGET_LENGTH',
      message: 'Request target has 8193 bytes, more than 8192 (maxTargetLength)',
    });
    expect(verdictOf(() => parse('//', 1))).toBe('414 WS_ERR_HANDSHAKE_TARGET_LENGTH');
    expect(parse('/', 1)).toBe('/');
  });

  test('passes no path that the WHATWG URL parser would interpret differently', () => {
    const piece = fc.constantFrom('/', '.', '%2e', '%2E', '\\', 'a', '%', '?', '#', ';', '%00', '%2f', '@', ':');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const target = `/${pieces.join('')}`;
        try {
          parse(target);
        } catch (error) {
          expect(error).toBeInstanceOf(HandshakeError);
          return;
        }
        const url = new URL(target, 'http://example.com:8080');
        expect(url.host).toBe('example.com:8080');
        expect(url.pathname).toBe(target.split('?', 1)[0]);
      }),
      { numRuns: 2000 },
    );
  });
});

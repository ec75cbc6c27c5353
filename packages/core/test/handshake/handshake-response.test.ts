import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HandshakeError } from '../../src/errors.ts';
import {
  acceptHeaders,
  formatAcceptResponse,
  formatRejection,
  isReservedHeader,
} from '../../src/handshake/handshake-response.ts';
import { parseUpgradeRequest } from '../../src/handshake/upgrade-request.ts';
import { verdictOf } from './refusal.ts';
import { sampleAccept, upgradeRequest } from './requests.ts';

const upgrade = parseUpgradeRequest(upgradeRequest({ headers: [['Sec-WebSocket-Protocol', 'chat, superchat']] }));

describe('acceptHeaders (RFC 6455 §4.2.2)', () => {
  test('answer the example of RFC 6455 §1.3 without a subprotocol', () => {
    expect(acceptHeaders(upgrade, { protocol: '', deflate: null })).toEqual([
      ['Upgrade', 'websocket'],
      ['Connection', 'Upgrade'],
      ['Sec-WebSocket-Accept', sampleAccept],
    ]);
  });

  test('contain the chosen subprotocol', () => {
    expect(acceptHeaders(upgrade, { protocol: 'chat', deflate: null }).at(-1)).toEqual([
      'Sec-WebSocket-Protocol',
      'chat',
    ]);
  });

  test.each(['other', 'chat, superchat', 'chat\r\nX: y'])(
    'throw on the subprotocol %j, which was not offered',
    (protocol) => {
      expect(verdictOf(() => acceptHeaders(upgrade, { protocol, deflate: null }))).toBe(
        '500 WS_ERR_HANDSHAKE_PROTOCOL_CHOICE',
      );
    },
  );
});

describe('formatAcceptResponse', () => {
  test('writes the 101 up to the empty line', () => {
    expect(formatAcceptResponse(upgrade, { protocol: 'chat', deflate: null })).toBe(
      'HTTP/1.1 101 Switching Protocols\r\n' +
        'Upgrade: websocket\r\n' +
        'Connection: Upgrade\r\n' +
        `Sec-WebSocket-Accept: ${sampleAccept}\r\n` +
        'Sec-WebSocket-Protocol: chat\r\n' +
        '\r\n',
    );
  });

  test('adds the headers of the app, including repeated names', () => {
    const cookies = [
      ['Set-Cookie', 'a=1'],
      ['Set-Cookie', 'b=\u00e9'],
    ] as const;
    expect(formatAcceptResponse(upgrade, { protocol: '', deflate: null }, cookies)).toMatch(
      /\r\nSet-Cookie: a=1\r\nSet-Cookie: b=\u00e9\r\n\r\n$/,
    );
  });

  test.each([
    ['a CR and LF', 'Set-Cookie', 'a=1\r\nSet-Cookie: b=2'],
    ['a NUL', 'X', '\0'],
    ['a character above U+00FF', 'X', '\u0100'],
    ['a name that is not a token', 'X: y\r\nZ', '1'],
    ['a Connection header', 'connection', 'close'],
    ['an Upgrade header', 'Upgrade', 'h2c'],
    ['a Content-Length', 'Content-Length', '0'],
    ['a Transfer-Encoding', 'Transfer-Encoding', 'chunked'],
    ['a header of the handshake', 'Sec-WebSocket-Extensions', 'permessage-deflate'],
  ])('throws a TypeError on %s', (_what, name, value) => {
    expect(() => formatAcceptResponse(upgrade, { protocol: '', deflate: null }, [[name, value]])).toThrow(TypeError);
  });

  test('never writes more header lines than it was given headers', () => {
    const name = fc.oneof(fc.constantFrom('Set-Cookie', 'X-A'), fc.string());
    const value = fc.oneof(
      fc.string(),
      fc.string({ unit: fc.constantFrom('a', ':', ' ', '\r', '\n', '\0', '\u0100') }),
    );
    const extra = fc.array(fc.tuple(name, value), { maxLength: 3 });
    fc.assert(
      fc.property(extra, (headers) => {
        let text;
        try {
          text = formatAcceptResponse(upgrade, { protocol: '', deflate: null }, headers);
        } catch (error) {
          expect(error).toBeInstanceOf(TypeError);
          return;
        }
        expect(text.split('\n')).toHaveLength(4 + headers.length + 2);
      }),
    );
  });
});

describe('isReservedHeader (RFC 9110 §7.6.1)', () => {
  test.each([
    ['Connection', true],
    ['KEEP-ALIVE', true],
    ['Proxy-Connection', true],
    ['Proxy-Authenticate', true],
    ['Proxy-Authorization', true],
    ['TE', true],
    ['Trailer', true],
    ['Transfer-Encoding', true],
    ['Upgrade', true],
    ['Content-Length', true],
    ['Sec-WebSocket-Accept', true],
    ['sec-websocket-anything', true],
    ['Set-Cookie', false],
    ['Content-Security-Policy', false],
    ['Sec-Fetch-Mode', false],
  ])('of %s is %s', (name, expected) => {
    expect(isReservedHeader(name)).toBe(expected);
  });
});

describe('formatRejection', () => {
  const refusal = (status: number, message: string, headers?: Record<string, string>): HandshakeError =>
    new HandshakeError('WS_ERR_HANDSHAKE_TEST', status, message, headers);

  test('writes a status line, headers and a body that says what was wrong', () => {
    expect(formatRejection(refusal(405, 'Use GET', { Allow: 'GET' }))).toBe(
      'HTTP/1.1 405 Method Not Allowed\r\n' +
        'Connection: close\r\n' +
        'Content-Type: text/plain; charset=utf-8\r\n' +
        'Content-Length: 8\r\n' +
        'Allow: GET\r\n' +
        '\r\n' +
        'Use GET\n',
    );
  });

  test('counts the body in bytes', () => {
    expect(formatRejection(refusal(403, 'Zut, \u00e9\u20ac'))).toContain('Content-Length: 11\r\n');
  });

  test('lists Upgrade as a connection option if it sends that header (RFC 9110 §7.8)', () => {
    const text = formatRejection(refusal(426, 'Version', { 'Sec-WebSocket-Version': '13', Upgrade: 'websocket' }));
    expect(text).toContain('HTTP/1.1 426 Upgrade Required\r\nConnection: close, Upgrade\r\n');
    expect(text).toContain('\r\nSec-WebSocket-Version: 13\r\nUpgrade: websocket\r\n\r\n');
  });

  test('keeps line breaks of a message out of the headers', () => {
    const text = formatRejection(refusal(400, 'a\r\nX: y'));
    expect(text.slice(0, text.indexOf('\r\n\r\n'))).not.toContain('X: y');
    expect(text.endsWith('\r\n\r\na\r\nX: y\n')).toBe(true);
  });

  test('writes an unregistered status with an empty phrase (RFC 9112 §4)', () => {
    expect(formatRejection(refusal(499, ''))).toMatch(/^HTTP\/1\.1 499 \r\n/);
  });

  test.each([300, 599])('accepts status %d', (status) => {
    expect(formatRejection(refusal(status, ''))).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  });

  test.each([0, 101, 200, 299, 600, 400.5, NaN, Infinity])('throws a RangeError on status %d', (status) => {
    expect(() => formatRejection(refusal(status, ''))).toThrow(RangeError);
  });

  test.each([
    ['CR and LF', { 'Retry-After': '1\r\nX: y' }],
    ['a character above ASCII', { 'X-Name': '\u00e9' }],
    ['a name that is not a token', { 'a b': 'c' }],
    ['a Connection of its own', { connection: 'keep-alive' }],
    ['a Content-Length of its own', { 'Content-Length': '0' }],
    ['a Content-Type of its own', { 'Content-Type': 'text/html' }],
    ['a Transfer-Encoding', { 'Transfer-Encoding': 'chunked' }],
    ['a Trailer', { Trailer: 'X' }],
  ])('throws a TypeError if the error has %s', (_what, headers) => {
    expect(() => formatRejection(refusal(503, '', headers))).toThrow(TypeError);
  });
});

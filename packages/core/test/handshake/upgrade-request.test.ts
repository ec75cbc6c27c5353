import { describe, expect, test } from 'vitest';
import { isWebSocketUpgrade, parseUpgradeRequest } from '../../src/handshake/upgrade-request.ts';
import type { RequestChanges } from './requests.ts';
import { sampleKey, upgradeRequest } from './requests.ts';
import { refusalOf, verdictOf } from './refusal.ts';

const version13 = { 'Sec-WebSocket-Version': '13' };
const filler = (count: number): [string, string][] => Array.from({ length: count }, (_, index) => [`X-${index}`, '']);

describe('parseUpgradeRequest', () => {
  test('returns what the example of RFC 6455 §1.3 requests', () => {
    const request = upgradeRequest({
      headers: [
        ['Origin', 'http://example.com'],
        ['Sec-WebSocket-Protocol', 'chat, superchat'],
        ['Sec-WebSocket-Extensions', 'foo; bar=1'],
        ['Sec-WebSocket-Extensions', 'baz'],
      ],
    });
    expect(parseUpgradeRequest(request)).toEqual({
      target: '/chat',
      host: 'server.example.com',
      key: sampleKey,
      origin: 'http://example.com',
      protocols: ['chat', 'superchat'],
      extensions: [
        { name: 'foo', params: [['bar', '1']] },
        { name: 'baz', params: [] },
      ],
    });
  });

  test('has no origin, no subprotocols and no extensions if the client sent none', () => {
    expect(parseUpgradeRequest(upgradeRequest())).toMatchObject({ origin: undefined, protocols: [], extensions: [] });
  });

  test.each<[section: string, what: string, changes: RequestChanges]>([
    [
      '§4.1',
      'header names in any case',
      {
        headers: [
          ['HOST', 'a'],
          ['sec-websocket-key', sampleKey],
        ],
      },
    ],
    [
      '§4.2.1',
      'tokens in any case',
      {
        headers: [
          ['Upgrade', 'WEBSOCKET'],
          ['Connection', 'keep-alive, upgrade'],
        ],
      },
    ],
    ['9110 §7.8', 'an Upgrade list with other protocols', { headers: [['Upgrade', 'h2c, websocket']] }],
    [
      '9110 §5.3',
      'Connection in two fields',
      {
        headers: [
          ['Connection', 'keep-alive'],
          ['Connection', 'Upgrade'],
        ],
      },
    ],
    ['9112 §6.2', 'a Content-Length of 0', { headers: [['Content-Length', '0']] }],
    ['9112 §3.2.2', 'the absolute form for its own Host', { url: 'http://server.example.com/chat' }],
    ['9112 §3.2', 'an IPv6 Host', { headers: [['Host', '[::1]:8080']] }],
    ['6454 §7.3', 'an opaque Origin', { headers: [['Origin', 'null']] }],
    ['6455 §9.1', 'an unknown extension', { headers: [['Sec-WebSocket-Extensions', '__proto__; constructor']] }],
    ['6455 §1.9', 'a subprotocol named __proto__', { headers: [['Sec-WebSocket-Protocol', '__proto__']] }],
    ['9110 §5.1', 'a header named __proto__', { headers: [['__proto__', 'x']] }],
    ['6585 §5', '100 headers', { headers: filler(95) }],
  ])('accepts (%s) %s', (_section, _what, changes) => {
    expect(parseUpgradeRequest(upgradeRequest(changes)).key).toBe(sampleKey);
    expect(({} as { x?: unknown }).x).toBeUndefined();
  });

  test.each<[verdict: string, section: string, what: string, changes: RequestChanges]>([
    [
      '431 HEADERS',
      '6585 §5',
      '101 headers, Upgrade last',
      {
        without: ['Upgrade'],
        headers: [...filler(96), ['Upgrade', 'websocket']],
      },
    ],
    [
      '431 HEADERS',
      '6585 §5',
      '3,000 headers and none of the handshake',
      {
        without: ['Host', 'Upgrade', 'Connection', 'Sec-WebSocket-Key', 'Sec-WebSocket-Version'],
        headers: filler(3000),
      },
    ],
    ['505 HTTP_VERSION', '§4.1', 'HTTP/1.0', { httpVersion: '1.0' }],
    ['505 HTTP_VERSION', '§4.1', 'HTTP/2.0', { httpVersion: '2.0' }],
    ['405 METHOD', '§4.1', 'POST', { method: 'POST' }],
    ['405 METHOD', '§4.1', 'HEAD', { method: 'HEAD' }],
    ['405 METHOD', '9110 §9.1', 'a method in another case', { method: 'get' }],
    ['405 METHOD', '§4.1', 'no method', { method: undefined }],
    ['400 TARGET', '9112 §3.2', 'no target', { url: undefined }],
    ['400 TARGET', '9112 §3.2.4', 'the asterisk form', { url: '*' }],
    ['400 TARGET', '9112 §3.2.2', 'the absolute form for another Host', { url: 'http://evil/ws' }],
    ['400 TARGET', '3986 §5.2.4', 'a dot segment', { url: '/admin/../ws' }],
    ['414 TARGET_LENGTH', '9110 §15.5.15', '8,193 bytes of target', { url: `/${'a'.repeat(8192)}` }],
    ['400 HOST', '9112 §3.2', 'no Host', { without: ['Host'] }],
    [
      '400 HOST',
      '9112 §3.2',
      'two Hosts',
      {
        headers: [
          ['Host', 'a'],
          ['Host', 'a'],
        ],
      },
    ],
    ['400 HOST', '9112 §3.2', 'an empty Host', { headers: [['Host', '']] }],
    ['400 HOST', '9112 §3.2', 'a Host with a path', { headers: [['Host', 'a/b']] }],
    ['400 BODY', '9112 §6.2', 'a body', { headers: [['Content-Length', '11']] }],
    ['400 BODY', '9112 §6.2', 'a malformed length', { headers: [['Content-Length', '+0']] }],
    ['400 BODY', '9112 §6.2', 'a length of two zeros', { headers: [['Content-Length', '00']] }],
    ['400 BODY', '9112 §6.2', 'an empty length', { headers: [['Content-Length', '']] }],
    [
      '400 BODY',
      '9112 §6.3',
      'two lengths',
      {
        headers: [
          ['Content-Length', '0'],
          ['Content-Length', '0'],
        ],
      },
    ],
    ['400 BODY', '9112 §6.1', 'a chunked body', { headers: [['Transfer-Encoding', 'chunked']] }],
    ['400 BODY', '9112 §6.1', 'an identity coding', { headers: [['Transfer-Encoding', 'identity']] }],
    [
      '400 BODY',
      '9112 §6.1',
      'length and coding',
      {
        headers: [
          ['Content-Length', '0'],
          ['Transfer-Encoding', 'x'],
        ],
      },
    ],
    ['400 BODY', '9110 §10.1.1', 'an expectation', { headers: [['Expect', '100-continue']] }],
    ['400 UPGRADE', '§4.2.1', 'no Upgrade', { without: ['Upgrade'] }],
    ['400 UPGRADE', '§4.2.1', 'another protocol', { headers: [['Upgrade', 'h2c']] }],
    ['400 UPGRADE', '§4.2.1', 'a longer token', { headers: [['Upgrade', 'websockets']] }],
    ['400 UPGRADE', '9110 §7.8', 'a malformed list', { headers: [['Upgrade', 'websocket, "x']] }],
    ['400 CONNECTION', '§4.2.1', 'no Connection', { without: ['Connection'] }],
    ['400 CONNECTION', '§4.2.1', 'a Connection without upgrade', { headers: [['Connection', 'keep-alive']] }],
    ['400 CONNECTION', '§4.2.1', 'a longer token', { headers: [['Connection', 'notupgrade']] }],
    ['400 VERSION', '§4.2.1', 'no version', { without: ['Sec-WebSocket-Version'] }],
    ['426 VERSION', '§4.4', 'version 0', { headers: [['Sec-WebSocket-Version', '0']] }],
    ['426 VERSION', '§4.4', 'version 7', { headers: [['Sec-WebSocket-Version', '7']] }],
    ['426 VERSION', '§4.4', 'version 8', { headers: [['Sec-WebSocket-Version', '8']] }],
    ['426 VERSION', '§4.4', 'version 12', { headers: [['Sec-WebSocket-Version', '12']] }],
    ['426 VERSION', '§4.4', 'two versions in one field', { headers: [['Sec-WebSocket-Version', '13, 8']] }],
    ['426 VERSION', '§4.4', 'a leading zero', { headers: [['Sec-WebSocket-Version', '014']] }],
    ['426 VERSION', '§4.4', 'an empty version', { headers: [['Sec-WebSocket-Version', '']] }],
    [
      '426 VERSION',
      '§4.4',
      '13 twice',
      {
        headers: [
          ['Sec-WebSocket-Version', '13'],
          ['Sec-WebSocket-Version', '13'],
        ],
      },
    ],
    ['400 KEY', '§4.2.1', 'no key', { without: ['Sec-WebSocket-Key'] }],
    [
      '400 KEY',
      '§11.3.1',
      'two keys',
      {
        headers: [
          ['Sec-WebSocket-Key', sampleKey],
          ['Sec-WebSocket-Key', sampleKey],
        ],
      },
    ],
    ['400 KEY', '§4.2.1', 'a key of 15 bytes', { headers: [['Sec-WebSocket-Key', 'AAAAAAAAAAAAAAAAAAAA']] }],
    ['400 KEY', '§4.2.1', 'a key that is not base64', { headers: [['Sec-WebSocket-Key', '?'.repeat(24)]] }],
    [
      '400 ORIGIN',
      '6454 §7.3',
      'two Origins',
      {
        headers: [
          ['Origin', 'http://a'],
          ['Origin', 'http://a'],
        ],
      },
    ],
    ['400 PROTOCOL', '§4.3', 'a subprotocol that is not a token', { headers: [['Sec-WebSocket-Protocol', 'a b']] }],
    ['400 PROTOCOL', '§4.1', 'a subprotocol twice', { headers: [['Sec-WebSocket-Protocol', 'a, a']] }],
    ['400 PROTOCOL', '', '8,193 bytes of subprotocol', { headers: [['Sec-WebSocket-Protocol', 'a'.repeat(8193)]] }],
  ])('refuses with %s (%s) %s', (verdict, _section, _what, changes) => {
    const [status, what] = verdict.split(' ');
    expect(verdictOf(() => parseUpgradeRequest(upgradeRequest(changes)))).toBe(`${status} WS_ERR_HANDSHAKE_${what}`);
  });

  test.each<[what: string, changes: RequestChanges, headers: Record<string, string>]>([
    ['a 405 says that GET is allowed (RFC 9110 §15.5.6)', { method: 'POST' }, { Allow: 'GET' }],
    ['a 400 for a missing version names ours (RFC 6455 §4.4)', { without: ['Sec-WebSocket-Version'] }, version13],
    [
      'a 426 names our version and the protocol (RFC 6455 §4.4, RFC 9110 §15.5.22)',
      { headers: [['Sec-WebSocket-Version', '8']] },
      { ...version13, Upgrade: 'websocket' },
    ],
    ['any other refusal has no extra headers', { without: ['Host'] }, {}],
  ])('%s', (_what, changes, headers) => {
    expect(refusalOf(() => parseUpgradeRequest(upgradeRequest(changes))).headers).toEqual(headers);
  });

  test.each<[message: string, changes: RequestChanges]>([
    ['Request has 101 headers, more than 100 (maxHeaders)', { headers: filler(96) }],
    ['A WebSocket requires HTTP version 1.1, got "1.0"', { httpVersion: '1.0' }],
    ['A WebSocket requires method GET, got "POST"', { method: 'POST' }],
    ['A WebSocket requires method GET, got another value', { method: '<b>' }],
    ['Expected one Host header, got 0', { without: ['Host'] }],
    ['Expected one Sec-WebSocket-Version 13, got "8"', { headers: [['Sec-WebSocket-Version', '8']] }],
    ['Expected one Sec-WebSocket-Version 13, got another value', { headers: [['Sec-WebSocket-Version', '<b>\u00e9']] }],
    [
      'Expected one Sec-WebSocket-Version 13, got 2 headers',
      {
        headers: [
          ['Sec-WebSocket-Version', '13'],
          ['Sec-WebSocket-Version', '8'],
        ],
      },
    ],
    ['Expected one Sec-WebSocket-Key header, got 0', { without: ['Sec-WebSocket-Key'] }],
    [
      'Expected at most one Origin header, got 2',
      {
        headers: [
          ['Origin', 'a'],
          ['Origin', 'b'],
        ],
      },
    ],
    ['An upgrade request has no body: expected no Expect header', { headers: [['Expect', '100-continue']] }],
  ])('tells the client: %s', (message, changes) => {
    expect(refusalOf(() => parseUpgradeRequest(upgradeRequest(changes))).message).toBe(message);
  });

  test('reports the first fault in the order of the rules', () => {
    const broken = { method: 'POST', url: '//', httpVersion: '1.0', rawHeaders: filler(2).flat() };
    const codes = [
      verdictOf(() => parseUpgradeRequest(broken, { maxHeaders: 1 })),
      verdictOf(() => parseUpgradeRequest(broken)),
      verdictOf(() => parseUpgradeRequest({ ...broken, httpVersion: '1.1' })),
      verdictOf(() => parseUpgradeRequest({ ...broken, httpVersion: '1.1', method: 'GET' })),
      verdictOf(() => parseUpgradeRequest({ ...broken, httpVersion: '1.1', method: 'GET', url: '/' })),
    ];
    expect(codes.map((code) => code.replace('WS_ERR_HANDSHAKE_', ''))).toEqual([
      '431 HEADERS',
      '505 HTTP_VERSION',
      '405 METHOD',
      '400 TARGET',
      '400 HOST',
    ]);
  });

  test.each([
    ['that is empty', ''],
    ['with an unclosed quote', 'permessage-deflate; a="b'],
    ['with a parameter that starts with "="', 'permessage-deflate; =1'],
    ['of 8,193 bytes', 'a'.repeat(8193)],
  ])('declines an offer of extensions %s, and accepts the rest (RFC 7692 §5.1)', (_what, offer) => {
    const request = upgradeRequest({ headers: [['Sec-WebSocket-Extensions', offer]] });
    expect(parseUpgradeRequest(request).extensions).toEqual([]);
  });

  test('uses the limits it is given', () => {
    const request = upgradeRequest({
      headers: [
        ['Sec-WebSocket-Protocol', 'a, b'],
        ['Sec-WebSocket-Extensions', 'c'],
      ],
    });
    expect(parseUpgradeRequest(request, { maxHeaders: 7, maxTargetLength: 5, maxListLength: 4 }).key).toBe(sampleKey);
    expect(verdictOf(() => parseUpgradeRequest(request, { maxHeaders: 6 }))).toMatch(/^431 /);
    expect(verdictOf(() => parseUpgradeRequest(request, { maxTargetLength: 4 }))).toMatch(/^414 /);
    expect(verdictOf(() => parseUpgradeRequest(request, { maxListLength: 3 }))).toMatch(/_PROTOCOL$/);
    expect(verdictOf(() => parseUpgradeRequest(request, { maxHeaders: 0 }))).toMatch(/^431 /);
  });

  test('throws a RangeError if an option is not a limit', () => {
    expect(() => parseUpgradeRequest(upgradeRequest(), { maxHeaders: -1 })).toThrow(RangeError);
  });
});

describe('isWebSocketUpgrade (RFC 6455 §4.2.1)', () => {
  test.each<[expected: boolean, what: string, changes: RequestChanges]>([
    [true, 'a valid handshake', {}],
    [true, 'one with a fault elsewhere', { method: 'POST', without: ['Host', 'Sec-WebSocket-Key'] }],
    [true, 'websocket among others', { headers: [['Upgrade', 'h2c, websocket']] }],
    [false, 'a request without Upgrade', { without: ['Upgrade'] }],
    [false, 'a request without Connection', { without: ['Connection'] }],
    [false, 'an upgrade to something else', { headers: [['Upgrade', 'h2c']] }],
    [false, 'a Connection of notupgrade', { headers: [['Connection', 'notupgrade']] }],
    [false, 'a plain request', { without: ['Upgrade', 'Connection'] }],
  ])('is %s for %s', (expected, _what, changes) => {
    expect(isWebSocketUpgrade(upgradeRequest(changes))).toBe(expected);
  });
});

describe('the host of an upgrade over HTTP/2 (RFC 9113 §8.3.1)', () => {
  const ask = (scheme: string, authority: string, ...hosts: readonly string[]): string =>
    parseUpgradeRequest({
      method: 'CONNECT',
      url: '/',
      httpVersion: '2.0',
      rawHeaders: [
        [':method', 'CONNECT'],
        [':protocol', 'websocket'],
        [':scheme', scheme],
        [':authority', authority],
        [':path', '/'],
        ...hosts.map((host) => ['host', host]),
        ['sec-websocket-version', '13'],
      ].flat(),
    }).host;

  test.each([
    ['https', 'good.test', []],
    ['https', 'good.test', ['good.test']],
    ['https', 'good.test', ['GOOD.test:443']],
    ['https', 'good.test:443', ['good.test']],
    ['http', 'good.test:80', ['good.test', 'good.test:80']],
    ['HTTP', '[::1]', ['[::1]:80']],
    ['ftp', 'good.test:80', ['good.test:80']],
  ])('of %s is its authority %s where Host is %j', (scheme, authority, hosts) => {
    expect(ask(scheme, authority, ...hosts)).toBe(authority);
  });

  test.each([
    ['https', 'good.test', ['evil.test']],
    ['https', 'good.test', ['']],
    ['https', 'good.test', ['good.test:80']],
    ['https', 'good.test', ['good.test', 'evil.test']],
    ['http', 'good.test', ['good.test:443']],
    ['ftp', 'good.test', ['good.test:80']],
    ['http', 'good.test', ['good.test.']],
  ])('of %s, whose authority is %s, is refused where Host is %j', (scheme, authority, hosts) => {
    expect(verdictOf(() => ask(scheme, authority, ...hosts))).toBe('400 WS_ERR_HANDSHAKE_HOST');
  });
});

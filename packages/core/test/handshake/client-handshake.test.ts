import { describe, expect, test } from 'vitest';
import { acceptKey, isValidKey } from '../../src/handshake/accept-key.ts';
import { checkServerResponse, clientHeaders, createKey } from '../../src/handshake/client-handshake.ts';
import { acceptHeaders } from '../../src/handshake/handshake-response.ts';
import { parseUpgradeRequest } from '../../src/handshake/upgrade-request.ts';
import { refusalOf } from './refusal.ts';
import { sampleAccept, sampleKey } from './requests.ts';

describe('createKey (RFC 6455 §4.1, item 7)', () => {
  test('makes a valid key, and a different one each time', () => {
    const keys = Array.from({ length: 100 }, createKey);
    expect(keys.every(isValidKey)).toBe(true);
    expect(new Set(keys).size).toBe(100);
  });
});

describe('clientHeaders (RFC 6455 §4.1)', () => {
  test('are the five of the handshake, then those of the application', () => {
    expect(clientHeaders({ key: sampleKey, protocols: ['a', 'b'], deflate: null }, [['Cookie', 'id=1']])).toEqual([
      ['Upgrade', 'websocket'],
      ['Connection', 'Upgrade'],
      ['Sec-WebSocket-Key', sampleKey],
      ['Sec-WebSocket-Version', '13'],
      ['Sec-WebSocket-Protocol', 'a, b'],
      ['Cookie', 'id=1'],
    ]);
  });

  test('omit Sec-WebSocket-Protocol if no subprotocol is offered', () => {
    expect(clientHeaders({ key: sampleKey, protocols: [], deflate: null })).toHaveLength(4);
  });

  test.each([
    ['a value with CR and LF', 'Cookie', 'a\r\nb'],
    ['a name that is not a token', 'a b', 'c'],
    ['a header of the handshake', 'sec-websocket-key', 'x'],
    ['a header of the connection', 'Connection', 'close'],
  ])('throw a TypeError on %s', (_what, name, value) => {
    expect(() => clientHeaders({ key: sampleKey, protocols: [], deflate: null }, [[name, value]])).toThrow(TypeError);
  });

  test('throw a SyntaxError on a subprotocol that is not a token', () => {
    expect(() => clientHeaders({ key: sampleKey, protocols: ['a b'], deflate: null })).toThrow(SyntaxError);
  });
});

describe('checkServerResponse (RFC 6455 §4.1)', () => {
  const offer = { key: sampleKey, protocols: ['chat', 'superchat'], deflate: null };
  const headers = { upgrade: 'websocket', connection: 'Upgrade', 'sec-websocket-accept': sampleAccept };

  test.each([
    ['the example of §1.3', { ...headers, 'sec-websocket-protocol': 'chat' }, 'chat'],
    ['the second of the offers', { ...headers, 'sec-websocket-protocol': 'superchat' }, 'superchat'],
    ['an answer that chooses no subprotocol', headers, ''],
    ['other cases of the two tokens', { ...headers, upgrade: 'WebSocket', connection: 'keep-alive, UPGRADE' }, ''],
    ['a Connection of two fields', { ...headers, connection: ['keep-alive', 'upgrade'] }, ''],
    ['a Connection with an empty element', { ...headers, connection: 'Upgrade, ' }, ''],
    ['an empty list of extensions', { ...headers, 'sec-websocket-extensions': '' }, ''],
    ['a list of extensions without elements', { ...headers, 'sec-websocket-extensions': [' ', ','] }, ''],
    ['an empty subprotocol', { ...headers, 'sec-websocket-protocol': '' }, ''],
  ])('takes %s', (_what, answer, protocol) => {
    expect(checkServerResponse({ status: 101, headers: answer }, offer)).toEqual({ protocol, deflate: null });
  });

  test.each([
    ['UPGRADE', 'no Upgrade', { ...headers, upgrade: undefined }],
    ['UPGRADE', 'another Upgrade', { ...headers, upgrade: 'h2c' }],
    ['UPGRADE', 'two Upgrades', { ...headers, upgrade: ['websocket', 'h2c'] }],
    ['CONNECTION', 'no Connection', { ...headers, connection: undefined }],
    ['CONNECTION', 'a Connection without upgrade', { ...headers, connection: 'close' }],
    ['ACCEPT', 'no Sec-WebSocket-Accept', { ...headers, 'sec-websocket-accept': undefined }],
    ['ACCEPT', 'the accept value of another key', { ...headers, 'sec-websocket-accept': acceptKey('x') }],
    ['ACCEPT', 'the accept value in another case', { ...headers, 'sec-websocket-accept': sampleAccept.toLowerCase() }],
    ['ACCEPT', 'two accept values', { ...headers, 'sec-websocket-accept': [sampleAccept, sampleAccept] }],
    ['EXTENSIONS', 'an extension', { ...headers, 'sec-websocket-extensions': 'permessage-deflate' }],
    ['PROTOCOL', 'a subprotocol that was not offered', { ...headers, 'sec-websocket-protocol': 'other' }],
    ['PROTOCOL', 'a subprotocol in another case', { ...headers, 'sec-websocket-protocol': 'Chat' }],
    ['PROTOCOL', 'two subprotocols', { ...headers, 'sec-websocket-protocol': 'chat, superchat' }],
  ])('refuses with WS_ERR_CONNECT_%s: %s', (what, _case, answer) => {
    expect(refusalOf(() => checkServerResponse({ status: 101, headers: answer }, offer))).toMatchObject({
      code: `WS_ERR_CONNECT_${what}`,
      status: 101,
    });
  });

  test.each([
    ['other', '"other" was not offered'],
    ['permessage-deflate, other', 'it has more than one extension'],
    ['permessage-deflate, permessage-deflate', 'it has more than one extension'],
    ['permessage-deflate; a="b', 'it is malformed (RFC 6455 §9.1)'],
    ['permessage-deflate; more', '"more" is not a parameter of permessage-deflate'],
    ['permessage-deflate; client_max_window_bits', 'client_max_window_bits has no value'],
    ['permessage-deflate; server_max_window_bits=7', 'server_max_window_bits has the value "7"'],
    ['permessage-deflate; server_max_window_bits="1 0"', 'it is malformed (RFC 6455 §9.1)'],
    ['permessage-deflate; client_max_window_bits=16', 'client_max_window_bits has the value "16"'],
    ['permessage-deflate; server_no_context_takeover=1', 'server_no_context_takeover has the value "1"'],
    [
      'permessage-deflate; client_no_context_takeover; client_no_context_takeover',
      'client_no_context_takeover is repeated',
    ],
  ])('says why the extensions %s are refused', (answer, why) => {
    const response = { status: 101, headers: { ...headers, 'sec-websocket-extensions': answer } };
    expect(refusalOf(() => checkServerResponse(response, { ...offer, deflate: {} })).message).toBe(
      `Sec-WebSocket-Extensions of the answer is refused: ${why}`,
    );
  });

  test('refuses a subprotocol if none was offered', () => {
    const answer = { status: 101, headers: { ...headers, 'sec-websocket-protocol': 'chat' } };
    expect(refusalOf(() => checkServerResponse(answer, { key: sampleKey, protocols: [], deflate: null })).message).toBe(
      'Expected one of the offered subprotocols in the answer, got "chat"',
    );
  });

  test.each([200, 302, 401, 426, 503])('refuses status %d and reports it', (status) => {
    expect(refusalOf(() => checkServerResponse({ status, headers }, offer))).toMatchObject({
      code: 'WS_ERR_CONNECT_STATUS',
      status,
      message: `Expected status 101, got ${status}`,
    });
  });

  test("both sides agree: the client's request is accepted, and the server's answer passes", () => {
    const key = createKey();
    const rawHeaders = ['Host', 'a', ...clientHeaders({ key, protocols: ['v2', 'v1'], deflate: null }).flat()];
    const upgrade = parseUpgradeRequest({ method: 'GET', url: '/', httpVersion: '1.1', rawHeaders });
    const answer = acceptHeaders(upgrade, { protocol: 'v1', deflate: null }).map(([name, value]) => [
      name.toLowerCase(),
      value,
    ]);
    const response = { status: 101, headers: Object.fromEntries(answer) as Record<string, string> };
    expect(checkServerResponse(response, { key, protocols: ['v2', 'v1'], deflate: null })).toEqual({
      protocol: 'v1',
      deflate: null,
    });
  });
});

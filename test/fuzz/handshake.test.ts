import {
  agreeOnDeflate,
  chooseProtocol,
  formatAcceptResponse,
  HandshakeError,
  parseUpgradeRequest,
  resolveDeflate,
  type HandshakeRequest,
  type UpgradeRequest,
} from '@turnout/core';
import { extension, subprotocol } from 'ws';
import { describe, expect } from 'vitest';
import { fuzz } from './fuzz.ts';
import type { Random } from '@turnout/test-kit/random';

type Fields = [name: string, value: string][];

const validFields: Fields = [
  ['Host', 'server.example.com'],
  ['Upgrade', 'websocket'],
  ['Connection', 'Upgrade'],
  ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
  ['Sec-WebSocket-Version', '13'],
];
const statuses = [400, 405, 414, 426, 431, 505];

function request(fields: Fields, url = '/chat'): HandshakeRequest {
  return { method: 'GET', url, httpVersion: '1.1', rawHeaders: fields.flat() };
}

/** The parsed request, or the error; any other error fails the test. */
function parsed(asked: HandshakeRequest): UpgradeRequest | HandshakeError {
  try {
    return parseUpgradeRequest(asked);
  } catch (error) {
    if (!(error instanceof HandshakeError)) throw error;
    expect(statuses).toContain(error.status);
    // It is sent in the body, and never as part of a header.
    expect(error.message).not.toMatch(/\p{Cc}/u);
    return error;
  }
}

function mutated(random: Random, text: string, alphabet: readonly string[]): string {
  let result = text;
  for (let edits = random.below(4); edits > 0; edits--) {
    const at = random.below(result.length + 1);
    const removed = random.chance(50) ? random.below(3) : 0;
    result = result.slice(0, at) + (random.chance(70) ? random.pick(alphabet) : '') + result.slice(at + removed);
  }
  return result;
}

const anyText = [
  '\0',
  '\t',
  ' ',
  ',',
  ';',
  '=',
  '"',
  '\\',
  '/',
  '%',
  '.',
  ':',
  '#',
  '@',
  '[',
  'a',
  'Z',
  '0',
  '13',
  'ÿ',
  '€',
];

describe('the handshake', () => {
  fuzz('any headers are accepted or refused with a status', { short: 5_000, long: 1_000_000 }, (random) => {
    const fields = validFields.map(([name, value]): [string, string] => [
      random.chance(5) ? mutated(random, name, anyText) : name,
      random.chance(30) ? mutated(random, value, anyText) : value,
    ]);
    if (random.chance(20)) fields.splice(random.below(fields.length), 1);
    if (random.chance(20)) fields.push(random.pick(fields));
    if (random.chance(10))
      fields.push([random.pick(['Origin', 'Content-Length', 'Transfer-Encoding', '__proto__']), 'x']);
    const outcome = parsed(request(fields));
    if (outcome instanceof HandshakeError) return;
    const response = formatAcceptResponse(outcome, { protocol: '', deflate: null });
    expect(response.split('\r\n\r\n')).toHaveLength(2);
  });

  fuzz('any request target is a path, or refused', { short: 5_000, long: 1_000_000 }, (random) => {
    const url = mutated(
      random,
      random.pick(['/chat', '/a/b?c=d', 'http://server.example.com/x', '//evil/ws', '*', '/%2e%2e/']),
      ['/', '\\', '..', '.', '%2e', '%00', '%', '#', '?', ' ', '\0', 'ÿ', '@', ':', '//', ';'],
    );
    const outcome = parsed(request(validFields, url));
    if (outcome instanceof HandshakeError) return;
    expect(outcome.target).toBe(url);
    const path = new URL(url, 'http://server.example.com').pathname;
    // The router receives the same path as a browser's own parser: no segment leads upward.
    expect(url.split('?')[0]!.endsWith(path)).toBe(true);
  });
});

describe('the subprotocol header', () => {
  const alphabet = ['a', 'chat', ',', ' ', '\t', '"', ';', '=', '(', 'ÿ', '__proto__', '\0'];
  fuzz('is read as by ws, or refused', { short: 5_000, long: 1_000_000 }, (random) => {
    const header = mutated(random, random.pick(['chat', 'chat.v1, chat.v2', 'a,b,c', '']), alphabet);
    const outcome = parsed(request([...validFields, ['Sec-WebSocket-Protocol', header]]));
    const theirs = attempt(() => [...subprotocol.parse(header)]);
    if (outcome instanceof HandshakeError) {
      // Only we refuse lists that are too long; only ws refuses empty elements.
      expect(outcome.code).toMatch(/^WS_ERR_HANDSHAKE_PROTOCOLS?$/);
    } else if (theirs !== null) {
      expect(outcome.protocols).toEqual(theirs);
    }
    if (outcome instanceof HandshakeError) return;
    expect(['', ...outcome.protocols]).toContain(chooseProtocol(outcome.protocols, ['chat.v2', 'a']));
  });
});

describe('the extension header', () => {
  const words = ['permessage-deflate', 'server_no_context_takeover', 'client_no_context_takeover'];
  const numbers = ['', '=8', '=15', '=9', '=16', '=08', '="10"', '="', '=\\', '=-1', '=1e1'];
  const alphabet = [...words, ',', ';', '=', '"', '\\', ' ', '\t', 'x', '7', 'ÿ', '__proto__', '\0'];
  const windowBits = ['server_max_window_bits', 'client_max_window_bits'];

  fuzz(
    'is read as by ws, or refused; offers are agreed on or declined',
    { short: 5_000, long: 1_000_000 },
    (random) => {
      const offer = (): string => {
        const parameters = Array.from({ length: random.below(4) }, () =>
          random.chance(50) ? random.pick(words) : random.pick(windowBits) + random.pick(numbers),
        );
        return [random.chance(80) ? words[0] : 'x-other', ...parameters].join('; ');
      };
      const list = Array.from({ length: 1 + random.below(3) }, offer).join(', ');
      const header = random.chance(50) ? list : mutated(random, list, alphabet);
      const outcome = parsed(request([...validFields, ['Sec-WebSocket-Extensions', header]]));
      if (outcome instanceof HandshakeError) return;
      const theirs = attempt(() => extension.parse(header));
      if (theirs !== null)
        expect(new Set(outcome.extensions.map(({ name }) => name))).toEqual(new Set(Object.keys(theirs)));
      const settings = resolveDeflate({
        serverNoContextTakeover: random.chance(50),
        clientNoContextTakeover: random.chance(50),
        serverMaxWindowBits: 9 + random.below(7),
        clientMaxWindowBits: 9 + random.below(7),
      });
      const agreed = agreeOnDeflate(outcome.extensions, settings);
      if (agreed === null) return;
      const response = formatAcceptResponse(outcome, { protocol: '', deflate: agreed.parameters });
      expect(response).toMatch(/\r\nSec-WebSocket-Extensions: permessage-deflate(; \w+(=\d+)?)*\r\n/);
    },
  );
});

function attempt<Value>(run: () => Value): Value | null {
  try {
    return run();
  } catch {
    return null;
  }
}

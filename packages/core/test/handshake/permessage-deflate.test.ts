import { describe, expect, test } from 'vitest';
import { formatExtensions, parseExtensions } from '../../src/handshake/extension.ts';
import {
  acceptDeflateOffer,
  deflateOffer,
  deflateResponse,
  readDeflateResponse,
  type DeflateParameters,
  type DeflateWishes,
} from '../../src/handshake/permessage-deflate.ts';
import { defaultLimits } from '../../src/limits.ts';

/** No explicit preference. */
const usual: DeflateWishes = {};
const generous: DeflateWishes = {
  serverNoContextTakeover: false,
  clientNoContextTakeover: false,
  serverMaxWindowBits: 15,
  clientMaxWindowBits: 15,
};
const frugal: DeflateWishes = {
  serverNoContextTakeover: true,
  clientNoContextTakeover: true,
  serverMaxWindowBits: 12,
  clientMaxWindowBits: 11,
};

/** The answer of a server with these preferences; `null` if it declines every offer. */
function answerTo(offers: string, wishes: DeflateWishes): string | null {
  const agreed = acceptDeflateOffer(parseExtensions([offers], defaultLimits)!, wishes);
  return agreed && formatExtensions([deflateResponse(agreed)]);
}

function readAnswer(answer: string, wishes: DeflateWishes): DeflateParameters | string {
  return readDeflateResponse(parseExtensions([answer], defaultLimits)![0]!, wishes);
}

describe('a server without preferences declares only what was offered (RFC 7692 §7.1)', () => {
  test.each([
    ['permessage-deflate', 'permessage-deflate'],
    ['permessage-deflate; ', 'permessage-deflate'],
    ['permessage-deflate, ', 'permessage-deflate'],
    // What Chromium and Firefox offer: the client's window determines our memory.
    ['permessage-deflate; client_max_window_bits', 'permessage-deflate; client_max_window_bits=12'],
    ['permessage-deflate; client_max_window_bits=15', 'permessage-deflate; client_max_window_bits=12'],
    ['permessage-deflate; client_max_window_bits=9', 'permessage-deflate; client_max_window_bits=9'],
    ['permessage-deflate; server_max_window_bits=15', 'permessage-deflate; server_max_window_bits=12'],
    ['permessage-deflate; server_max_window_bits=8', 'permessage-deflate; server_max_window_bits=8'],
    ['permessage-deflate; server_no_context_takeover', 'permessage-deflate; server_no_context_takeover'],
    ['permessage-deflate; client_no_context_takeover', 'permessage-deflate; client_no_context_takeover'],
    // What Go's nhooyr 1.8.7 offers; it accepts no other answer.
    [
      'permessage-deflate; client_no_context_takeover; server_no_context_takeover',
      'permessage-deflate; server_no_context_takeover; client_no_context_takeover',
    ],
    ['permessage-deflate; unknown, permessage-deflate', 'permessage-deflate'],
  ])('%s is answered with %s', (offer, answer) => {
    expect(answerTo(offer, usual)).toBe(answer);
  });
});

describe('a server that wants the largest windows', () => {
  test.each([
    ['permessage-deflate', 'permessage-deflate'],
    ['permessage-deflate; client_max_window_bits', 'permessage-deflate'],
    ['permessage-deflate; client_max_window_bits=15', 'permessage-deflate'],
    ['permessage-deflate; client_max_window_bits=9', 'permessage-deflate; client_max_window_bits=9'],
    // A server accepts this parameter by including it (§7.1.2.1).
    ['permessage-deflate; server_max_window_bits=15', 'permessage-deflate; server_max_window_bits=15'],
    ['permessage-deflate; server_max_window_bits=8', 'permessage-deflate; server_max_window_bits=8'],
    ['permessage-deflate; server_max_window_bits="10"', 'permessage-deflate; server_max_window_bits=10'],
    ['permessage-deflate; server_no_context_takeover', 'permessage-deflate; server_no_context_takeover'],
    ['permessage-deflate; client_no_context_takeover', 'permessage-deflate; client_no_context_takeover'],
    [
      'x-webkit-deflate-frame, permessage-deflate; server_max_window_bits=9; server_no_context_takeover',
      'permessage-deflate; server_no_context_takeover; server_max_window_bits=9',
    ],
    ['permessage-deflate; server_max_window_bits=7, permessage-deflate', 'permessage-deflate'],
  ])('answers %s with %s', (offer, answer) => {
    expect(answerTo(offer, generous)).toBe(answer);
  });

  test.each([
    'permessage-bzip2',
    'Permessage-Deflate',
    'permessage-deflate; unknown',
    'permessage-deflate; Server_no_context_takeover',
    'permessage-deflate; __proto__',
    'permessage-deflate; constructor=1',
    'permessage-deflate; server_no_context_takeover; server_no_context_takeover',
    'permessage-deflate; server_no_context_takeover=1',
    'permessage-deflate; client_no_context_takeover=true',
    'permessage-deflate; server_max_window_bits',
    'permessage-deflate; server_max_window_bits=10; server_max_window_bits=10',
    'permessage-deflate; client_max_window_bits; client_max_window_bits=10',
    ...['7', '16', '08', '+9', '-1', '1e1', '9.5', '0x9', '99'].flatMap((bits) => [
      `permessage-deflate; server_max_window_bits=${bits}`,
      `permessage-deflate; client_max_window_bits=${bits}`,
    ]),
  ])('declines %s', (offer) => {
    expect(answerTo(offer, generous)).toBeNull();
  });
});

describe('a server that explicitly requests little memory', () => {
  test.each([
    [
      'permessage-deflate; client_max_window_bits',
      'permessage-deflate; client_no_context_takeover; client_max_window_bits=11',
    ],
    // A client that has not offered client_max_window_bits must not get it (§7.1.2.2).
    ['permessage-deflate', 'permessage-deflate; client_no_context_takeover'],
    [
      'permessage-deflate; client_max_window_bits=13; server_max_window_bits=9',
      'permessage-deflate; client_no_context_takeover; server_max_window_bits=9; client_max_window_bits=11',
    ],
    [
      'permessage-deflate; client_max_window_bits=8; server_no_context_takeover',
      'permessage-deflate; server_no_context_takeover; client_no_context_takeover; client_max_window_bits=8',
    ],
  ])('answers %s with %s', (offer, answer) => {
    expect(answerTo(offer, frugal)).toBe(answer);
  });
});

describe('a client', () => {
  test.each([
    [usual, 'permessage-deflate; client_max_window_bits'],
    [generous, 'permessage-deflate; client_max_window_bits'],
    [
      frugal,
      'permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=12; client_max_window_bits=11',
    ],
  ])('offers its explicit preferences (%#)', (wishes, offer) => {
    expect(formatExtensions([deflateOffer(wishes)])).toBe(offer);
  });

  test.each<[answer: string, Partial<DeflateParameters>]>([
    ['permessage-deflate', {}],
    // Go's gorilla and Python's Tornado answer this, whatever was offered.
    [
      'permessage-deflate; server_no_context_takeover; client_no_context_takeover',
      { serverNoContextTakeover: true, clientNoContextTakeover: true },
    ],
    ['permessage-deflate; server_no_context_takeover', { serverNoContextTakeover: true }],
    ['permessage-deflate; server_max_window_bits=9', { serverMaxWindowBits: 9 }],
    ['permessage-deflate; server_max_window_bits=15', { serverMaxWindowBits: 15 }],
    ['permessage-deflate; client_max_window_bits=8;', { clientMaxWindowBits: 8 }],
    ['permessage-deflate; client_max_window_bits="10", ', { clientMaxWindowBits: 10 }],
  ])('without preferences accepts the answer %s', (answer, parameters) => {
    expect(readAnswer(answer, usual)).toEqual({
      serverNoContextTakeover: false,
      clientNoContextTakeover: false,
      serverMaxWindowBits: undefined,
      clientMaxWindowBits: undefined,
      ...parameters,
    });
  });

  test('accepts an answer that grants what it requested, or less', () => {
    const answer =
      'permessage-deflate; server_no_context_takeover; server_max_window_bits=10; client_max_window_bits=9';
    expect(readAnswer(answer, frugal)).toEqual({
      serverNoContextTakeover: true,
      clientNoContextTakeover: false,
      serverMaxWindowBits: 10,
      clientMaxWindowBits: 9,
    });
  });

  test.each([
    ['permessage-deflate', 'server_no_context_takeover was requested, but is missing'],
    ['permessage-deflate; server_max_window_bits=12', 'server_no_context_takeover was requested, but is missing'],
    ['permessage-deflate; server_no_context_takeover', 'server_max_window_bits was offered as 12, but is missing'],
    [
      'permessage-deflate; server_no_context_takeover; server_max_window_bits=13',
      'server_max_window_bits was offered as 12, but is 13',
    ],
  ])('with preferences refuses the answer %s', (answer, why) => {
    expect(readAnswer(answer, frugal)).toBe(why);
  });
});

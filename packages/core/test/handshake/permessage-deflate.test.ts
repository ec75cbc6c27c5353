import { describe, expect, test } from 'vitest';
import { formatExtensions, parseExtensions } from '../../src/handshake/extension.ts';
import {
  acceptDeflateOffer,
  deflateOffer,
  deflateResponse,
  readDeflateResponse,
  type DeflateParameters,
} from '../../src/handshake/permessage-deflate.ts';
import { defaultLimits } from '../../src/limits.ts';

const anything: DeflateParameters = {
  serverNoContextTakeover: false,
  clientNoContextTakeover: false,
  serverMaxWindowBits: 15,
  clientMaxWindowBits: 15,
};
const frugal: DeflateParameters = {
  serverNoContextTakeover: true,
  clientNoContextTakeover: true,
  serverMaxWindowBits: 12,
  clientMaxWindowBits: 11,
};

/** What a server with these wishes answers; `null` where it declines every offer. */
function answerTo(offers: string, wishes: DeflateParameters): string | null {
  const agreed = acceptDeflateOffer(parseExtensions([offers], defaultLimits), wishes);
  return agreed && formatExtensions([deflateResponse(agreed)]);
}

function readAnswer(answer: string, wishes: DeflateParameters): DeflateParameters | null {
  return readDeflateResponse(parseExtensions([answer], defaultLimits)[0]!, wishes);
}

describe('a server that wishes for nothing (RFC 7692 §7.1)', () => {
  test.each([
    ['permessage-deflate', 'permessage-deflate'],
    ['permessage-deflate; client_max_window_bits', 'permessage-deflate'],
    ['permessage-deflate; client_max_window_bits=15', 'permessage-deflate'],
    ['permessage-deflate; client_max_window_bits=9', 'permessage-deflate; client_max_window_bits=9'],
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
    expect(answerTo(offer, anything)).toBe(answer);
  });

  test.each([
    'permessage-bzip2',
    'permessage-deflate; unknown',
    'permessage-deflate; __proto__',
    'permessage-deflate; constructor=1',
    'permessage-deflate; server_no_context_takeover; server_no_context_takeover',
    'permessage-deflate; server_no_context_takeover=1',
    'permessage-deflate; client_no_context_takeover=true',
    'permessage-deflate; server_max_window_bits',
    'permessage-deflate; server_max_window_bits=10; server_max_window_bits=10',
    ...['7', '16', '08', '+9', '-1', '1e1', '9.5', '0x9', '99'].flatMap((bits) => [
      `permessage-deflate; server_max_window_bits=${bits}`,
      `permessage-deflate; client_max_window_bits=${bits}`,
    ]),
  ])('declines %s', (offer) => {
    expect(answerTo(offer, anything)).toBeNull();
  });
});

describe('a server that saves memory', () => {
  test.each([
    [
      'permessage-deflate; client_max_window_bits',
      'permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=12; client_max_window_bits=11',
    ],
    // A client that has not offered client_max_window_bits must not get it (§7.1.2.2).
    [
      'permessage-deflate',
      'permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=12',
    ],
    [
      'permessage-deflate; client_max_window_bits=13; server_max_window_bits=9',
      'permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9; client_max_window_bits=11',
    ],
    [
      'permessage-deflate; client_max_window_bits=8',
      'permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=12; client_max_window_bits=8',
    ],
  ])('answers %s with %s', (offer, answer) => {
    expect(answerTo(offer, frugal)).toBe(answer);
  });
});

describe('a client', () => {
  test.each([
    [anything, 'permessage-deflate; client_max_window_bits'],
    [
      frugal,
      'permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=12; client_max_window_bits=11',
    ],
  ])('offers what it wishes (%#)', (wishes, offer) => {
    expect(formatExtensions([deflateOffer(wishes)])).toBe(offer);
  });

  test('takes an answer that gives it what it asked for, or less', () => {
    expect(readAnswer('permessage-deflate', anything)).toEqual(anything);
    expect(readAnswer('permessage-deflate; server_max_window_bits=9; client_no_context_takeover', anything)).toEqual({
      ...anything,
      serverMaxWindowBits: 9,
      clientNoContextTakeover: true,
    });
    expect(
      readAnswer(
        'permessage-deflate; server_no_context_takeover; server_max_window_bits=10; client_max_window_bits=9',
        frugal,
      ),
    ).toEqual({ ...frugal, serverMaxWindowBits: 10, clientMaxWindowBits: 9 });
  });

  test.each([
    ['permessage-deflate', frugal],
    ['permessage-deflate; server_max_window_bits=12', frugal],
    ['permessage-deflate; server_no_context_takeover', frugal],
    ['permessage-deflate; server_no_context_takeover; server_max_window_bits=13', frugal],
    ['permessage-deflate; client_max_window_bits', anything],
    ['permessage-deflate; server_max_window_bits=7', anything],
    ['permessage-deflate; more', anything],
    ['other', anything],
  ])('refuses the answer %s', (answer, wishes) => {
    expect(readAnswer(answer, wishes)).toBeNull();
  });
});

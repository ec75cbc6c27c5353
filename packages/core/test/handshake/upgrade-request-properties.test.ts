import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HandshakeError } from '../../src/errors.ts';
import { isValidKey } from '../../src/handshake/accept-key.ts';
import { parseUpgradeRequest } from '../../src/handshake/upgrade-request.ts';
import type { HandshakeRequest } from '../../src/handshake/upgrade-request.ts';
import { sampleKey, upgradeRequest } from './requests.ts';

describe('any upgrade request', () => {
  const statuses = [400, 405, 414, 426, 431, 505];
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom(',', ';', '=', '"', '\\', ' ', '\t', '/', '%', '.', 'a', '13', 'websocket') }),
    fc.constantFrom('', '13', 'websocket', 'Upgrade', '0', sampleKey, 'server.example.com'),
  );
  const name = fc.constantFrom(
    'Host',
    'Upgrade',
    'Connection',
    'Origin',
    'Sec-WebSocket-Key',
    'Sec-WebSocket-Version',
    'Sec-WebSocket-Protocol',
    'Sec-WebSocket-Extensions',
    'Content-Length',
    'Transfer-Encoding',
    'Expect',
    'X-Other',
    '__proto__',
  );
  const changes = fc.record(
    {
      method: fc.oneof(fc.constantFrom('GET', 'POST'), text),
      url: fc.oneof(
        text,
        text.map((path) => `/${path}`),
        text.map((path) => `http://server.example.com/${path}`),
      ),
      httpVersion: fc.constantFrom('1.1', '1.0', '2.0', ''),
      without: fc.array(name, { maxLength: 1 }),
      headers: fc.array(fc.tuple(name, text), { maxLength: 3 }),
    },
    { requiredKeys: [] },
  );

  /** Whether it is parsed; if it is refused, the refusal must be in the table above. */
  function isParsed(request: HandshakeRequest): boolean {
    try {
      return isValidKey(parseUpgradeRequest(request).key!);
    } catch (error) {
      if (!(error instanceof HandshakeError)) throw error;
      expect(statuses).toContain(error.status);
      expect(error.code).toMatch(/^WS_ERR_HANDSHAKE_[A-Z_]+$/);
      // Whatever the client sent, the answer quotes it only as a short token.
      expect(error.message).toMatch(/^[\x20-\x7e]{10,200}$/);
      return false;
    }
  }

  test('is parsed or refused with a status of the table, whatever its headers contain', () => {
    let parsed = 0;
    fc.assert(
      fc.property(changes, (change) => {
        if (isParsed(upgradeRequest(change))) parsed++;
      }),
      { numRuns: 5_000 },
    );
    expect(parsed).toBeGreaterThan(0);
  });

  test('is parsed or refused with a status of the table, whichever characters of a valid one are changed', () => {
    const valid = upgradeRequest({
      headers: [
        ['Origin', 'http://server.example.com'],
        ['Sec-WebSocket-Protocol', 'chat, superchat'],
        ['Sec-WebSocket-Extensions', 'foo; bar="baz"; qux=1, quux'],
      ],
    });
    const parts = [valid.method!, valid.url!, ...valid.rawHeaders];
    const mutation = fc.record({
      part: fc.nat(parts.length - 1),
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      removed: fc.nat(2),
      added: fc.string({
        unit: fc.constantFrom(...Array.from('aA1,;="\\ \t/%.:[]#?\0\x7f\u00ff\u0100')),
        maxLength: 2,
      }),
    });
    let parsed = 0;
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 3 }), (mutations) => {
        const mutated = [...parts];
        for (const { part, at, removed, added } of mutations) {
          const old = mutated[part]!;
          const index = Math.floor(at * old.length);
          mutated[part] = old.slice(0, index) + added + old.slice(index + removed);
        }
        const [method, url, ...rawHeaders] = mutated;
        if (isParsed({ method, url, httpVersion: '1.1', rawHeaders })) parsed++;
      }),
      { numRuns: 10_000 },
    );
    expect(parsed).toBeGreaterThan(0);
  });
});

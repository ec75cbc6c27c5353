import { once } from 'node:events';
import type { Server } from 'node:http';
import { connect as connectTcp, type AddressInfo, type Socket } from 'node:net';
import { connect } from '@turnout/core';
import { turnout } from '@turnout/express';
import express from 'express';
import fc from 'fast-check';
import { textFrame } from '@turnout/test-kit/client-frame';
import { formatHandshake } from '@turnout/test-kit/raw-client';
import { afterAll, beforeAll, expect, test } from 'vitest';

const app = turnout(express());
app.ws('/echo', (socket) => {
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
});

let server: Server;
let port: number;
beforeAll(async () => {
  server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
});
afterAll(async () => {
  await app.close({ timeout: 1_000 });
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const handshake = formatHandshake({ target: '/echo' });

/** Writes each chunk after the previous one was sent; resolves with the whole answer, or ''. */
async function answerTo(chunks: readonly Buffer[], isWhole: (answer: string) => boolean): Promise<string> {
  const tcp: Socket = connectTcp({ port, host: '127.0.0.1', noDelay: true });
  let answer = '';
  const done = new Promise<void>((resolve) => {
    tcp.on('data', (chunk) => {
      answer += chunk.toString('latin1');
      if (isWhole(answer)) resolve();
    });
    tcp.on('error', () => resolve());
    tcp.on('close', () => resolve());
  });
  for (const chunk of chunks) {
    if (tcp.destroyed) break;
    await new Promise((resolve) => tcp.write(chunk, resolve));
  }
  await done;
  tcp.destroy();
  return answer;
}

async function expectBystanderServed(): Promise<void> {
  const socket = await connect(`ws://127.0.0.1:${port}/echo`);
  socket.send('still there');
  expect(String(await socket.receive())).toBe('still there');
  socket.terminate();
}

const statuses = [101, 400, 403, 404, 405, 408, 413, 414, 426, 431, 503, 505];

test('any mutation of a handshake gets one of the stated answers, or the end of the connection', async () => {
  const mutation = fc.record({
    at: fc.nat(handshake.length - 1),
    removed: fc.nat(8),
    inserted: fc.oneof(
      fc.constantFrom('', '\r\n', ':', ' ', ',', '"', '\0', '/../', '#', 'é', 'Host: b\r\n', 'x'.repeat(20_000)),
      fc.string({ unit: 'binary-ascii', maxLength: 6 }),
    ),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 3 }), async (mutations) => {
      let bytes = handshake;
      for (const { at, removed, inserted } of mutations) {
        bytes = bytes.slice(0, at) + inserted + bytes.slice(at + removed);
      }
      // The end of the headers completes every unfinished request, so that it gets its answer.
      const answer = await answerTo([Buffer.from(`${bytes}\r\n\r\n`, 'latin1')], (head) => head.includes('\r\n\r\n'));
      if (answer !== '') expect(statuses.concat(200)).toContain(Number(answer.split(' ')[1]));
    }),
    { numRuns: 10_000 },
  );
  await expectBystanderServed();
});

test('a handshake gets the same answer at every split, and bytes that arrive with it are not lost', async () => {
  const bytes = Buffer.concat([Buffer.from(handshake), textFrame('one'), textFrame('two')]);
  const expected = await answerTo([bytes], (answer) => answer.endsWith('two'));
  expect(expected).toMatch(/^HTTP\/1\.1 101 /);
  expect(expected.slice(expected.indexOf('\r\n\r\n') + 4)).toBe('\x81\x03one\x81\x03two');
  const withoutDate = (answer: string): string => answer.replace(/Date: .*\r\n/, '');
  for (let split = 1; split < bytes.length; split++) {
    const chunks = [bytes.subarray(0, split), bytes.subarray(split)];
    expect(withoutDate(await answerTo(chunks, (answer) => answer.endsWith('two')))).toBe(withoutDate(expected));
  }
});

test('a client that sends its headers too slowly, or nothing at all, is disconnected by the server of app.listen()', async () => {
  expect([server.headersTimeout, server.requestTimeout > 0]).toEqual([10_000, true]);
  const impatient = turnout(express());
  const other = impatient.listen(0, '127.0.0.1');
  await once(other, 'listening');
  // The same limit, but short: Node.js checks every 2 s.
  other.headersTimeout = 100;
  const address = other.address() as AddressInfo;
  const answers = ['', handshake.slice(0, 40)].map(async (start) => {
    const tcp = connectTcp(address.port, '127.0.0.1');
    tcp.on('error', () => {});
    if (start) tcp.write(start);
    let answer = '';
    tcp.on('data', (chunk) => (answer += chunk.toString()));
    await new Promise((resolve) => tcp.on('close', resolve));
    return answer.split('\r\n')[0];
  });
  expect(await Promise.all(answers)).toEqual(['HTTP/1.1 408 Request Timeout', 'HTTP/1.1 408 Request Timeout']);
  other.close();
});

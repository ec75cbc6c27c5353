import { connect } from '@turnout/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RawClient, formatHandshake, statusOf } from '@turnout/test-kit/raw-client';
import { serveRouter } from '@turnout/test-kit/serve-router';

const valid = formatHandshake({
  target: '/room/1',
  headers: ['Sec-WebSocket-Protocol: a, b', 'Origin: http://127.0.0.1'],
});
const answers = new Set([101, 200, 400, 403, 404, 405, 408, 413, 414, 417, 426, 431, 501, 503, 505]);

/** A valid handshake with some bytes replaced, removed, doubled or moved. */
const mutation = fc
  .array(
    fc.record({
      at: fc.nat(valid.length - 1),
      kind: fc.constantFrom('replace', 'remove', 'insert', 'double', 'cut'),
      byte: fc.oneof(fc.nat(255), fc.constantFrom(...'\r\n\0 ,:;"/\\%#?.'.split('').map((char) => char.charCodeAt(0)))),
      length: fc.integer({ min: 1, max: 40 }),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((steps) => {
    let bytes = Buffer.from(valid, 'latin1');
    for (const { at, kind, byte, length } of steps) {
      const [before, rest] = [bytes.subarray(0, at), bytes.subarray(at)];
      const inserted = { replace: [byte], insert: [byte], double: rest.subarray(0, length), remove: [], cut: [] }[kind];
      const after = { replace: 1, insert: 0, double: 0, remove: 1, cut: length }[kind];
      bytes = Buffer.concat([before, Buffer.from(inserted), rest.subarray(after)]);
    }
    return bytes;
  });

test('a mutated handshake gets one valid response or the end of its connection, and the server survives', async () => {
  const { port, url, router, errors, connections } = await serveRouter((app) => {
    app.use((_request, _response, next) => setImmediate(next));
    app.get('/room/:id', (_request, response) => void response.end('page'));
    app.ws('/room/:id', { protocols: ['a'] }, (socket) => socket.close(1000));
    app.ws('/echo', (socket) => {
      socket.on('message', (data) => socket.send(data.toString()));
    });
  });
  const bystander = await connect(`${url}/echo`);
  const statuses = new Set<number>();
  const send = async (bytes: Buffer): Promise<void> => {
    const client = await RawClient.open(port);
    client.write(bytes);
    // An incomplete handshake would wait for the rest.
    client.socket.end('\r\n\r\n');
    const answer = await client.untilEnd();
    if (answer !== '') {
      statuses.add(statusOf(answer));
      expect({ answer, isKnown: answers.has(statusOf(answer)) }).toMatchObject({ isKnown: true });
    }
  };
  await fc.assert(
    fc.asyncProperty(fc.array(mutation, { minLength: 20, maxLength: 20 }), async (all) => {
      await Promise.all(all.map(send));
    }),
    { numRuns: 100 },
  );
  for (const status of [101, 400, 426]) expect(statuses).toContain(status);
  bystander.send('alive');
  expect(await bystander.receive()).toBe('alive');
  await expect.poll(() => connections.size).toBe(1);
  expect([router.sockets.size, errors]).toEqual([1, []]);
  bystander.terminate();
});

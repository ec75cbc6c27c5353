import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connect } from '@turnout/core';
import { acceptingAnswer, clientFrameRows, clientHandshakeRows } from './client-rows.ts';
import { RawServer } from './raw-server.ts';
import { toBytes, type WireBytes } from './wire-row.ts';

const server = new RawServer();
beforeAll(() => server.listen());
afterAll(() => server.close());

const options = { protocols: ['chat.v1'] };
const titled = <Row extends { rule: string; section: string }>(rows: readonly Row[]): [string, Row][] =>
  rows.map((row) => [`${row.rule} (${row.section})`, row]);

describe('the opening handshake of a client', () => {
  test('is a GET with Host, Upgrade, Connection, a key of 16 bytes, version 13 and its subprotocols (§4.1)', async () => {
    const recording = server.serve({ answer: acceptingAnswer, bytes: toBytes('8800') });
    const socket = await connect(server.url, options);
    expect(socket.protocol).toBe('chat.v1');
    await socket.closed;
    const { request } = await recording;
    const [requestLine, ...lines] = request.trimEnd().split('\r\n');
    expect(requestLine).toBe('GET /chat HTTP/1.1');
    const key = lines.find((line) => line.startsWith('Sec-WebSocket-Key: '))!.slice(19);
    expect(Buffer.from(key, 'base64')).toHaveLength(16);
    expect(lines.sort()).toEqual([
      'Connection: Upgrade',
      `Host: ${new URL(server.url).host}`,
      `Sec-WebSocket-Key: ${key}`,
      'Sec-WebSocket-Protocol: chat.v1',
      'Sec-WebSocket-Version: 13',
      'Upgrade: websocket',
    ]);
  });

  test.each(titled(clientHandshakeRows))('%s', async (_, { answer, code }) => {
    const recording = server.serve({ answer, bytes: Buffer.alloc(0) });
    await expect(connect(server.url, options)).rejects.toMatchObject({ name: 'ConnectError', code });
    expect((await recording).frames).toHaveLength(0);
  });
});

describe('a client', () => {
  test.each(titled(clientFrameRows))('%s', async (_, { sent, answer, closeCode }) => {
    const end = closeCode === undefined ? toBytes('880203e8') : Buffer.alloc(0);
    const script = { answer: acceptingAnswer, bytes: toBytes(sent as WireBytes) };
    const recording = server.serve(end.length === 0 ? script : { ...script, lastBytes: end });
    const socket = await connect(server.url, options);
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
    expect((await socket.closed).code).toBe(closeCode ?? 1000);
    const { frames, isMasked } = await recording;
    expect(frames.toString('hex')).toBe(Buffer.concat([toBytes(answer), end]).toString('hex'));
    expect(isMasked).toBe(true);
  });
});

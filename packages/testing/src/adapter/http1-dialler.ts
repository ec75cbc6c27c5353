import { AssertionError, strictEqual } from 'node:assert';
import { createHash, randomBytes } from 'node:crypto';
import { request as requestPlain, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as requestSecure } from 'node:https';
import type { Duplex } from 'node:stream';
import { WebSocket } from '@turnout/core';
import type { Dialler } from './dialler.ts';
import { openClient, readAnswer, type Answer, type DialOptions, type OpenClient } from './open-client.ts';

/** Uses Node.js's own HTTP client, with one connection per request. */
export function http1Dialler(isSecure: boolean, port: number): Dialler {
  const request = isSecure ? requestSecure : requestPlain;
  const place: RequestOptions = {
    host: '127.0.0.1',
    port,
    agent: false,
    ...(isSecure && { rejectUnauthorized: false }),
  };
  return {
    dial: (path, options = {}) =>
      new Promise((resolve, reject) => {
        const key = randomBytes(16).toString('base64');
        const upgrade = request({ ...place, path, headers: handshakeHeaders(key, options) });
        upgrade.on('error', reject);
        upgrade.on('response', (response) => resolve(answerOf(response)));
        upgrade.on('upgrade', (response, duplex: Duplex, head) => {
          resolve(accepted({ response, duplex, head }, key, options.protocols ?? []));
        });
        upgrade.end();
      }),
    get: (path, headers = {}) =>
      new Promise((resolve, reject) => {
        request({ ...place, path, headers }, (response) => resolve(answerOf(response)))
          .on('error', reject)
          .end();
      }),
    stop: () => {},
  };
}

function handshakeHeaders(key: string, { headers = {}, protocols = [] }: DialOptions): Record<string, string> {
  return {
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Key': key,
    'Sec-WebSocket-Version': '13',
    ...(protocols.length > 0 && { 'Sec-WebSocket-Protocol': protocols.join(', ') }),
    ...headers,
  };
}

function answerOf(response: IncomingMessage): Promise<Answer> {
  return readAnswer(response, response.statusCode ?? 0, response.headers);
}

interface Upgrade {
  readonly response: IncomingMessage;
  readonly duplex: Duplex;
  readonly head: Buffer;
}

/** Checks a 101 as a client must (RFC 6455 §4.1), and opens its socket. */
async function accepted(
  { response, duplex, head }: Upgrade,
  key: string,
  offered: readonly string[],
): Promise<OpenClient> {
  const { headers, statusCode } = response;
  const protocol = headers['sec-websocket-protocol'] ?? '';
  try {
    strictEqual(statusCode, 101, 'The status of the answer that accepts');
    strictEqual(headers['sec-websocket-accept'], acceptOf(key), 'Sec-WebSocket-Accept');
    strictEqual(headers['sec-websocket-extensions'], undefined, 'Sec-WebSocket-Extensions: none was offered');
    if (protocol !== '' && !offered.includes(protocol)) {
      throw new AssertionError({ message: `Sec-WebSocket-Protocol: ${protocol} was not offered` });
    }
  } catch (error) {
    duplex.destroy();
    throw error;
  }
  return openClient(new WebSocket(duplex, { role: 'client', protocol, head }), headers);
}

function acceptOf(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
}

import { once } from 'node:events';
import {
  connect,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
} from 'node:http2';
import { WebSocket } from '@turnout/core';
import type { Dialler } from './dialler.ts';
import { openClient, readAnswer, type DialOptions } from './open-client.ts';

interface Response {
  readonly stream: ClientHttp2Stream;
  readonly headers: IncomingHttpHeaders;
  readonly status: number;
}

/** One connection for all requests, as in a browser (RFC 8441). */
export function http2Dialler(isSecure: boolean, port: number): Dialler {
  let session: Promise<ClientHttp2Session> | undefined;
  const request = async (headers: Readonly<Record<string, string>>, endStream: boolean): Promise<Response> => {
    session ??= openSession(`${isSecure ? 'https' : 'http'}://127.0.0.1:${port}`);
    const stream = (await session).request(headers, { endStream });
    const [answer] = (await once(stream, 'response')) as [IncomingHttpHeaders & IncomingHttpStatusHeader];
    return { stream, headers: answer, status: answer[':status'] ?? 0 };
  };
  return {
    dial: async (path, options = {}) => {
      const { stream, headers, status } = await request(connectHeaders(path, options), false);
      if (status !== 200) return readAnswer(stream, status, headers);
      const protocol = headers['sec-websocket-protocol'] ?? '';
      return openClient(new WebSocket(stream, { role: 'client', protocol: String(protocol) }), headers);
    },
    get: async (path, more = {}) => {
      const { stream, headers, status } = await request({ ...lowerCase(more), ':path': path }, true);
      return readAnswer(stream, status, headers);
    },
    stop: () => void session?.then((opened) => opened.destroy()),
  };
}

async function openSession(authority: string): Promise<ClientHttp2Session> {
  const session = connect(authority, { rejectUnauthorized: false });
  const [settings] = (await once(session, 'remoteSettings')) as [{ enableConnectProtocol?: boolean }];
  if (settings.enableConnectProtocol === true) return session;
  session.destroy();
  throw new Error('The server does not offer extended CONNECT');
}

function connectHeaders(path: string, { headers = {}, protocols = [] }: DialOptions): Record<string, string> {
  return {
    ...lowerCase(headers),
    ':method': 'CONNECT',
    ':protocol': 'websocket',
    ':path': path,
    'sec-websocket-version': '13',
    ...(protocols.length > 0 && { 'sec-websocket-protocol': protocols.join(', ') }),
  };
}

function lowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

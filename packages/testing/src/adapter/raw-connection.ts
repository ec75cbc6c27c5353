import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** The bytes of an opening handshake as a browser sends it, with any request target. */
export function handshakeText(target: string): string {
  const lines = [
    `GET ${target} HTTP/1.1`,
    'Host: 127.0.0.1',
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version: 13',
  ];
  return [...lines, '', ''].join('\r\n');
}

export async function dialTcp(port: number): Promise<Socket> {
  const tcp = connect({ port, host: '127.0.0.1', noDelay: true });
  tcp.on('error', () => {});
  await once(tcp, 'connect');
  return tcp;
}

/** Sends bytes over a new connection, and resolves with everything received until the server ends it. */
export async function exchangeBytes(port: number, text: string): Promise<string> {
  const tcp = await dialTcp(port);
  let answer = '';
  tcp.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')));
  tcp.write(text);
  await once(tcp, 'close');
  return answer;
}

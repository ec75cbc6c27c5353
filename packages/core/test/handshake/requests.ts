import type { HandshakeRequest } from '../../src/handshake/upgrade-request.ts';

/** The key and the accept value of RFC 6455 §1.3. */
export const sampleKey = 'dGhlIHNhbXBsZSBub25jZQ==';
export const sampleAccept = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';

type Fields = readonly (readonly [name: string, value: string])[];

const handshake: Fields = [
  ['Host', 'server.example.com'],
  ['Upgrade', 'websocket'],
  ['Connection', 'Upgrade'],
  ['Sec-WebSocket-Key', sampleKey],
  ['Sec-WebSocket-Version', '13'],
];

export interface RequestChanges {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly httpVersion?: string;
  /** Header fields to omit. */
  readonly without?: readonly string[];
  /** Header fields to append; each replaces the valid one of its name. */
  readonly headers?: Fields;
}

/** The valid handshake of RFC 6455 §1.3, with some changes. */
export function upgradeRequest(changes: RequestChanges = {}): HandshakeRequest {
  const { without = [], headers = [], ...line } = changes;
  const replaced = new Set([...without, ...headers.map(([name]) => name)].map((name) => name.toLowerCase()));
  const fields = [...handshake.filter(([name]) => !replaced.has(name.toLowerCase())), ...headers];
  return { method: 'GET', url: '/chat', httpVersion: '1.1', ...line, rawHeaders: fields.flat() };
}

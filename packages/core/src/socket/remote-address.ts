import type { Duplex } from 'node:stream';

/** The part of a TCP or TLS socket, and of an HTTP/2 stream, that knows the other end. */
interface AddressedDuplex extends Duplex {
  readonly remoteAddress?: string | undefined;
  readonly session?: AddressedSession | undefined;
}

interface AddressedSession {
  readonly destroyed: boolean;
  readonly socket: { readonly remoteAddress?: string | undefined };
}

/** The IP address of the peer; `undefined` for a stream without addresses, and once the connection has ended. */
export function remoteAddressOf({ remoteAddress, session }: AddressedDuplex): string | undefined {
  // The socket of a destroyed session throws on every access.
  return session && !session.destroyed ? session.socket.remoteAddress : remoteAddress;
}

import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AbusedServer } from './abused-server.ts';
import { clientFrame } from '@turnout/test-kit/client-frame';
import { dialTcp } from '@turnout/test-kit/raw-client';
import { RawPeer } from '@turnout/test-kit/raw-peer';

function credential(name: string): string {
  return fileURLToPath(new URL(`../../packages/core/test/socket/tls/${name}.pem`, import.meta.url));
}

const tls = { key: credential('key'), cert: credential('certificate') };
const ca = readFileSync(tls.cert);

interface SecurePeer {
  readonly peer: RawPeer;
  readonly secure: TLSSocket;
  readonly tcp: Socket;
}

async function openSecure(port: number, options: ConnectionOptions = {}): Promise<SecurePeer> {
  const tcp = await dialTcp(port);
  const secure = connect({ socket: tcp, ca, servername: 'localhost', rejectUnauthorized: false, ...options });
  const peer = await RawPeer.over(secure);
  return { peer, secure, tcp };
}

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('over %s', (version) => {
  let server: AbusedServer;
  beforeEach(async () => {
    server = await AbusedServer.start({ tls: { ...tls, ...(version === 'TLSv1.2' && { maxVersion: version }) } });
  });
  afterEach(async () => {
    await server.expectNothingLeft();
    await server.stop();
  });

  const half = clientFrame({ opcode: 'text', payload: 'half', announced: 100 });

  test('a connection that ends inside a frame without close_notify ends with 1006', async () => {
    for (const cut of [(tcp: Socket) => tcp.end(), (tcp: Socket) => tcp.resetAndDestroy()]) {
      const { peer, secure, tcp } = await openSecure(server.port);
      await peer.write(half);
      cut(tcp);
      expect(await server.endingsAt('/echo')).toMatchObject([{ code: 1006 }]);
      secure.destroy();
    }
  });

  test('an invalid record, and an alert, inside a frame end the connection with 1006', async () => {
    const alert = Buffer.of(0x15, 3, 3, 0, 2, 2, 40);
    for (const bytes of [Buffer.from('not a record at all'), alert]) {
      const { peer, secure, tcp } = await openSecure(server.port);
      await peer.write(half);
      tcp.write(bytes);
      expect(await server.endingsAt('/echo')).toMatchObject([{ code: 1006 }]);
      secure.destroy();
    }
  });

  test('a client that renegotiates, or cannot, does no harm', async () => {
    const { peer, secure } = await openSecure(server.port);
    const frame = clientFrame({ opcode: 'text', payload: 'split in two' });
    await peer.write(frame.subarray(0, 8));
    // It gives up, renegotiates, or is disconnected, depending on the versions of both ends.
    await new Promise<void>((resolve) => {
      secure.once('close', () => resolve());
      const isBegun = secure.renegotiate({}, () => resolve());
      if (!isBegun) resolve();
    });
    await peer.write(frame.subarray(8));
    const echo = await peer.next();
    if (echo !== null) expect(echo.payload.toString()).toBe('split in two');
    secure.destroy();
  });

  test('a failing callback for the name or the protocol only ends that handshake', async () => {
    for (const options of [
      { servername: 'sni.test' },
      { servername: 'sni-throws.test' },
      { servername: 'alpn.test', ALPNProtocols: ['http/1.1'] },
    ]) {
      await expect(openSecure(server.port, options)).rejects.toThrow('got the end');
      await server.expectAlive();
    }
  });
});

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { AbusedServer } from './abused-server.ts';
import { clientFrame, opcodes } from '@turnout/test-kit/client-frame';
import { RawPeer } from '@turnout/test-kit/raw-peer';

let server: AbusedServer;
beforeAll(async () => {
  server = await AbusedServer.start({
    routes: {
      '/thousand': { behaviour: 'echo', maxPayload: 1_000 },
      '/empty': { behaviour: 'echo', maxPayload: 0 },
    },
  });
});
afterEach(() => server.expectNothingLeft());
afterAll(() => server.stop());

describe('a message', () => {
  test.each([0, 1, 999, 1_000])('of %i bytes is delivered if maxPayload is 1000', async (length) => {
    const peer = await RawPeer.open(server.port, { target: '/thousand' });
    await peer.write(clientFrame({ opcode: 'binary', payload: Buffer.alloc(length) }));
    expect((await peer.next())?.payload).toHaveLength(length);
    peer.destroy();
  });

  test('of 1001 bytes closes with 1009 if maxPayload is 1000, on its header alone', async () => {
    const peer = await RawPeer.open(server.port, { target: '/thousand' });
    await peer.write(clientFrame({ opcode: 'binary', announced: 1_001 }));
    expect(await peer.closeCode()).toBe(1009);
  });

  test('that is not empty closes with 1009 if maxPayload is 0', async () => {
    const peer = await RawPeer.open(server.port, { target: '/empty' });
    await peer.write(clientFrame({ opcode: 'text' }));
    expect((await peer.next())?.payload).toHaveLength(0);
    await peer.write(clientFrame({ opcode: 'text', announced: 1 }));
    expect(await peer.closeCode()).toBe(1009);
  });

  test('that never completes waits, and is freed with its connection', async () => {
    const peer = await RawPeer.open(server.port, { target: '/thousand' });
    await peer.write(clientFrame({ opcode: 'binary', payload: Buffer.alloc(999), announced: 1_000 }));
    await server.expectAlive();
    peer.reset();
  });

  test('of endless fragments closes with 1009 at the frame that would exceed maxPayload, on its header alone', async () => {
    const peer = await RawPeer.open(server.port, { target: '/thousand' });
    const payload = Buffer.alloc(100);
    await peer.write(clientFrame({ opcode: 'binary', payload, fin: false }));
    for (let count = 1; count < 10; count++) {
      await peer.write(clientFrame({ opcode: 'continuation', payload, fin: false }));
    }
    await peer.expectOpen();
    await server.expectAlive();
    await peer.write(clientFrame({ opcode: 'continuation', fin: false, announced: 1 }));
    expect(await peer.closeCode()).toBe(1009);
  });

  test('of fragments of maxPayload together is delivered', async () => {
    const peer = await RawPeer.open(server.port, { target: '/thousand' });
    await peer.write(clientFrame({ opcode: 'binary', payload: Buffer.alloc(999), fin: false }));
    await peer.write(clientFrame({ opcode: 'continuation', payload: Buffer.alloc(1) }));
    expect(await peer.next()).toMatchObject({ opcode: opcodes.binary, payload: { length: 1_000 } });
    peer.destroy();
  });
});

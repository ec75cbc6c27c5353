import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { AbusedServer } from './abused-server.ts';
import { behaviours, type Behaviour } from './child/behaviours.ts';
import { clientFrame, closeFrame, opcodes } from '@turnout/test-kit/client-frame';
import { RawPeer } from '@turnout/test-kit/raw-peer';

let server: AbusedServer;
beforeAll(async () => {
  const names = Object.keys(behaviours) as Behaviour[];
  server = await AbusedServer.start({
    app: { closeTimeout: 200 },
    routes: Object.fromEntries(names.map((behaviour) => [`/${behaviour}`, { behaviour }])),
  });
});
afterEach(() => server.expectNothingLeft());
afterAll(() => server.stop());

const text = clientFrame({ opcode: 'text', payload: 'hello' });
const unmasked = Buffer.of(0x81, 0);

describe('a listener that fails', () => {
  describe.each(['throw', 'reject'])('(%s)', (kind) => {
    test.each([
      ['Message', text, 1011, 'message'],
      ['Ping', clientFrame({ opcode: 'ping' }), 1011, 'message'],
      ['Drain', Buffer.alloc(0), 1011, 'message'],
      ['Close', closeFrame(1000), 1000, 'close'],
      ['Error', unmasked, 1002, 'close'],
    ] as const)('in its %s event is reported once, closes its client, and does not affect others', async (...row) => {
      const [event, bytes, code, phase] = row;
      const path = `/${kind}In${event}`;
      const peer = await RawPeer.open(server.port, { target: path });
      await peer.write(bytes);
      expect(await peer.closeCode()).toBe(code);
      peer.destroy();
      await server.expectAlive();
      await server.endingsAt(path);
      expect(await server.reports()).toEqual([{ path, phase, message: 'Broken' }]);
    });
  });
});

test('a fault of the peer without an error listener ends its connection and nothing else', async () => {
  for (const bytes of [unmasked, Buffer.of(0xa2, 0x00), clientFrame({ opcode: 'continuation' })]) {
    const peer = await RawPeer.open(server.port);
    await peer.write(bytes);
    expect(await peer.closeCode()).toBe(1002);
    await peer.ended();
    await server.expectAlive();
  }
  expect(await server.reports()).toEqual([]);
});

describe('a socket', () => {
  test.each([
    ['Message', text],
    ['Ping', clientFrame({ opcode: 'ping' })],
    ['Error', unmasked],
    ['Close', closeFrame(1000)],
    ['Send', text],
  ])('that is terminated in its %s callback has one close event, and nothing is thrown', async (event, bytes) => {
    const path = `/terminateIn${event}`;
    const before = (await server.record(path)).events.length;
    const peer = await RawPeer.open(server.port, { target: path });
    await peer.write(Buffer.concat([bytes, text, text]));
    await peer.ended();
    await server.endingsAt(path);
    expect((await server.record(path)).events.slice(before)).toEqual(['close']);
    expect(await server.reports()).toEqual([]);
  });

  test('that is closed twice sends one Close frame, the first', async () => {
    const peer = await RawPeer.open(server.port, { target: '/closeTwice' });
    await peer.write(text);
    const frame = await peer.next();
    expect([frame?.opcode, frame?.payload.toString('latin1', 2)]).toEqual([opcodes.close, 'first']);
    await peer.write(closeFrame(1000));
    expect(await peer.next()).toBeNull();
    await server.endingsAt('/closeTwice');
    expect((await server.record('/closeTwice')).events).toEqual(['close']);
  });

  test('whose listener removes itself continues to call the others', async () => {
    const peer = await RawPeer.open(server.port, { target: '/removeListener' });
    expect([await peer.echo('one'), await peer.echo('two')]).toEqual(['one', 'two']);
    expect((await server.record('/removeListener')).events).toEqual(['removed', 'stays', 'stays']);
    peer.destroy();
  });

  test('whose peer never answers its Close frame is destroyed at closeTimeout', async () => {
    const peer = await RawPeer.open(server.port, { target: '/closeAtOnce' });
    expect((await peer.next())?.opcode).toBe(opcodes.close);
    await server.expectAlive();
    // It continues to send, which is not an answer.
    await peer.write(text);
    await peer.ended();
    expect(await server.endingsAt('/closeAtOnce')).toMatchObject([{ code: 1006 }]);
  });
});

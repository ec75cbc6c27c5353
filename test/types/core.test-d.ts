import type { Buffer } from 'node:buffer';
import type { Duplex } from 'node:stream';
import {
  accept,
  connect,
  WebSocket,
  type CloseInfo,
  type ErrorPhase,
  type ProtocolError,
  type Upgrade,
  prepareMessage,
} from '@turnout/core';
import { describe, expectTypeOf, test } from 'vitest';

declare const socket: WebSocket;
declare const duplex: Duplex;

describe('WebSocket', () => {
  test('reads text as a string and bytes as a Buffer, and null at the end', () => {
    expectTypeOf(socket.receive()).resolves.toEqualTypeOf<string | Buffer | null>();
    expectTypeOf(socket[Symbol.asyncIterator]()).toExtend<AsyncIterator<string | Buffer>>();
  });

  test('knows the arguments of its events', () => {
    socket.on('message', (data, isBinary) => {
      expectTypeOf(data).toEqualTypeOf<Buffer>();
      expectTypeOf(isBinary).toEqualTypeOf<boolean>();
    });
    socket.on('close', (code, reason) => {
      expectTypeOf(code).toEqualTypeOf<number>();
      expectTypeOf(reason).toEqualTypeOf<Buffer>();
    });
    socket.addEventListener('close', ({ code, reason, wasClean, target }) => {
      expectTypeOf([code, reason, wasClean] as const).toEqualTypeOf<readonly [number, string, boolean]>();
      expectTypeOf(target).toEqualTypeOf<WebSocket>();
    });
    // @ts-expect-error there is no such event
    socket.on('upgrade', () => {});
  });

  test('accepts text and every kind of bytes, and returns whether more may follow', () => {
    expectTypeOf(socket.send('text')).toEqualTypeOf<boolean>();
    socket.send(new ArrayBuffer(1), { binary: true }, () => {});
    socket.send(new Float32Array(1), (error) => expectTypeOf(error).toEqualTypeOf<Error | null | undefined>());
    socket.send(1);
    socket.send(new Blob([]), null, () => {});
    // @ts-expect-error a missing value is a mistake
    socket.send(null);
    // @ts-expect-error an object is a mistake
    socket.send({ type: 'hello' });
    socket.send('text', { compress: false });
    socket.send(prepareMessage('text'), (error) => expectTypeOf(error).toEqualTypeOf<Error | null | undefined>());
    // @ts-expect-error a prepared message is complete
    prepareMessage('text', { fin: false });
  });

  test('reports how it ended, and has read-only properties', () => {
    expectTypeOf(socket.closed).resolves.toEqualTypeOf<CloseInfo>();
    expectTypeOf(socket.readyState).toEqualTypeOf<1 | 2 | 3>();
    // @ts-expect-error the handshake chooses it
    socket.protocol = 'other';
    // @ts-expect-error the transport determines it
    socket.remoteAddress = '192.0.2.1';
    socket.binaryType = 'blob';
    // @ts-expect-error there is no such type
    socket.binaryType = 'buffer';
  });

  test('pings in each form that ws has', () => {
    socket.ping(() => {});
    socket.ping(Date.now());
    socket.ping('data', () => {});
    socket.ping(null, false, (error) => expectTypeOf(error).toEqualTypeOf<Error | null | undefined>());
    // @ts-expect-error neither text nor bytes
    socket.pong({});
  });

  test('needs a role, and passes the phase to its hook', () => {
    // @ts-expect-error which end is it
    new WebSocket(duplex, {});
    new WebSocket(duplex, {
      role: 'server',
      onError: (error, context) => {
        expectTypeOf(error).toBeUnknown();
        expectTypeOf(context.phase).toEqualTypeOf<ErrorPhase>();
        expectTypeOf(context.socket).toEqualTypeOf<WebSocket>();
      },
    });
  });
});

declare const upgrade: Upgrade;

test('accept() and connect() return a socket, and accept the limits that concern them', () => {
  expectTypeOf(accept(upgrade)).toEqualTypeOf<WebSocket>();
  expectTypeOf(
    connect('ws://127.0.0.1', { protocols: 'a', maxPayload: 1, handshakeTimeout: 1 }),
  ).resolves.toEqualTypeOf<WebSocket>();
  // @ts-expect-error a server's limit
  void connect('ws://127.0.0.1', { maxHeaders: 1 });
  expectTypeOf<ProtocolError>().toHaveProperty('closeCode').toEqualTypeOf<number>();
});

test("the data of a socket have the application's type", () => {
  expectTypeOf(accept(upgrade, { data: { room: 'a' }, user: 'ada' }).data).toEqualTypeOf<{ room: string }>();
  const inRoom: (socket: WebSocket<{ room: string }>) => void = (socket) => {
    expectTypeOf(socket.data.room).toEqualTypeOf<string>();
    // @ts-expect-error there is no such thing
    void socket.data.seat;
  };
  // A socket without a type of data is assignable in both directions.
  inRoom(accept(upgrade));
  const takesAny = (socket: WebSocket): boolean => socket.send('hello');
  takesAny(accept(upgrade, { data: { room: 'a' } }));
  // @ts-expect-error another type of data
  inRoom(accept(upgrade, { data: { seat: 1 } }));
});

import { once } from 'node:events';
import { createWebSocketStream, type WebSocket } from 'ws';
import { clientFrame, closeFrame } from '@turnout/test-kit/client-frame';
import type { Stage, StageOptions } from './stage.ts';

export interface Script extends StageOptions {
  readonly run: (stage: Stage) => unknown;
}

const text = (payload: string): Buffer => clientFrame({ opcode: 'text', payload });
const binary = (...bytes: number[]): Buffer => clientFrame({ opcode: 'binary', payload: Buffer.from(bytes) });

type Loose = Record<string, (...args: unknown[]) => unknown>;

/** The socket for arguments that the types reject. */
function loose(socket: WebSocket): Loose {
  return socket as unknown as Loose;
}

/** The name of the error that a call throws, or `fine`. */
function outcome(call: () => unknown): string {
  try {
    call();
    return 'fine';
  } catch (error) {
    return (error as Error).name;
  }
}

/** Records every event, with its arguments and the state. */
function noteEvents({ socket, note }: Stage): void {
  for (const name of ['open', 'message', 'ping', 'pong', 'error', 'close'] as const) {
    socket.on(name, (...args: unknown[]) => note(name, ...args, `readyState ${socket.readyState}`));
  }
}

async function closeEnd(stage: Stage, ...args: unknown[]): Promise<void> {
  const { socket, peer, note, noteFrames, closed } = stage;
  socket.on('close', (code, reason) => note('close', code, reason));
  note(
    outcome(() => loose(socket)['close']!(...args)),
    `readyState ${socket.readyState}`,
  );
  await noteFrames(1);
  await peer.write(closeFrame(1000));
  await closed;
  note(`readyState ${socket.readyState}`);
}

const states: Record<string, Script> = {
  'properties of an open socket': {
    run: ({ socket, note }) => {
      note(socket.readyState, socket.protocol, socket.binaryType, socket.isPaused, socket.bufferedAmount);
      note(socket.CONNECTING, socket.OPEN, socket.CLOSING, socket.CLOSED, socket.constructor.name);
      note(socket.onopen, socket.onmessage, socket.onclose, socket.onerror);
      for (const name of ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED'] as const) {
        note((socket.constructor as typeof WebSocket)[name]);
      }
    },
  },
  'url of a server socket': { run: ({ socket, note }) => note(typeof socket.url) },
  'extensions without any': { run: ({ socket, note }) => note(socket.extensions === '') },
  'extensions with permessage-deflate': {
    ws: { perMessageDeflate: true },
    turnout: { perMessageDeflate: true },
    headers: ['Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover'],
    run: ({ socket, note }) => note(socket.extensions),
  },
  'the stream under the socket': {
    run: ({ socket, note }) => {
      const { _socket: duplex } = socket as unknown as { _socket: Record<string, unknown> };
      note(duplex['remoteAddress'], typeof duplex['remotePort'], typeof duplex['setKeepAlive'], duplex['destroyed']);
    },
  },
  'open is not emitted': {
    run: async (stage) => {
      noteEvents(stage);
      stage.socket.onopen = () => stage.note('onopen');
      stage.socket.addEventListener('open', () => stage.note('addEventListener'));
      await stage.settle();
    },
  },
  'a message that comes before anybody listens': {
    run: async ({ socket, peer, note, settle }) => {
      await peer.write(Buffer.concat([text('early'), clientFrame({ opcode: 'ping' })]));
      await peer.next();
      socket.on('message', (data) => note(data));
      await settle();
    },
  },
};

const listeners: Record<string, Script> = {
  'every kind of listener, in the order in which it was added': {
    run: async ({ socket, peer, note, settle }) => {
      socket.on('message', function listen(this: unknown, data, isBinary) {
        note('on', data, isBinary, this === socket);
      });
      socket.addEventListener('message', function listen(this: unknown, { data }) {
        note('addEventListener', data, this === socket);
      });
      socket.onmessage = function listen(this: unknown, { data }: { data: unknown }) {
        note('onmessage', data, this === socket);
      };
      const object = {
        handleEvent(this: unknown, { data }: { data: unknown }) {
          note('handleEvent', data, this === object);
        },
      };
      socket.addEventListener('message', object as never);
      socket.once('message', (data) => note('once', data));
      socket.addEventListener('message', ({ data }) => note('once by option', data), { once: true });
      socket.prependListener('message', (data) => note('prepended', data));
      await peer.write(Buffer.concat([text('a'), binary(1, 2)]));
      await settle();
      note(socket.listenerCount('message'));
    },
  },
  'events have a type, a target and their fields': {
    run: async ({ socket, peer, note, closed }) => {
      socket.addEventListener('message', ({ type, target, data }) => note(type, target === socket, data));
      socket.addEventListener('close', ({ type, target, code, reason, wasClean }) => {
        note(type, target === socket, code, reason, wasClean);
      });
      await peer.write(
        Buffer.concat([text('a'), clientFrame({ opcode: 'close', payload: Buffer.from('\x03\xe8bye', 'latin1') })]),
      );
      peer.duplex.end();
      await closed;
    },
  },
  'an error event has the error and its message': {
    run: async ({ socket, peer, note, closed }) => {
      socket.addEventListener('error', ({ type, target, error, message }) => {
        note(type, target === socket, error instanceof Error, message === (error as Error).message);
      });
      await peer.write(Buffer.of(0x83, 0x80, 0, 0, 0, 0));
      peer.duplex.end();
      await closed;
    },
  },
  'names that addEventListener does not know': {
    run: async ({ socket, peer, note, settle }) => {
      for (const name of ['ping', 'pong', 'custom', 'toString', '__proto__']) {
        note(
          name,
          outcome(() => socket.addEventListener(name as 'message', () => note('called'))),
        );
      }
      await peer.write(clientFrame({ opcode: 'ping' }));
      await settle();
      note(socket.eventNames().includes('ping'), socket.readyState);
    },
  },
  'a listener that was added twice, removed, and added again': {
    run: async ({ socket, peer, note, settle }) => {
      const listener = (): void => note('called');
      socket.addEventListener('message', listener);
      socket.addEventListener('message', listener, { once: true });
      note(socket.listenerCount('message'));
      socket.removeAllListeners('message');
      socket.addEventListener('message', listener);
      const stranger = (): void => {};
      socket.removeEventListener('message', stranger);
      await peer.write(text('a'));
      await settle();
      socket.removeEventListener('message', listener);
      note(socket.listenerCount('message'));
      socket.addEventListener('message', listener, { once: true });
      socket.removeListener('message', listener);
      note(socket.listenerCount('message'));
      await peer.write(Buffer.concat([text('b'), text('c')]));
      await settle();
      note(socket.listenerCount('message'));
    },
  },
  'one function of every kind': {
    run: async ({ socket, peer, note, settle }) => {
      const listener = (): void => note('called');
      socket.on('message', listener);
      socket.addEventListener('message', listener);
      socket.onmessage = listener;
      note(socket.listenerCount('message'), socket.onmessage === listener);
      socket.removeEventListener('message', listener);
      note(socket.listenerCount('message'));
      socket.off('message', listener);
      note(socket.listenerCount('message'));
      await peer.write(text('a'));
      await settle();
    },
  },
  'values of on… properties': {
    run: ({ socket, note }) => {
      for (const name of ['onopen', 'onmessage', 'onclose', 'onerror'] as const) {
        for (const value of [() => {}, undefined, () => {}, null, () => {}, {}, () => {}, 'text', () => {}, 0]) {
          note(
            name,
            outcome(() => Object.assign(socket, { [name]: value })),
            typeof socket[name],
          );
        }
      }
      socket.onmessage = () => {};
      socket.removeAllListeners();
      note(socket.onmessage);
    },
  },
  'once() of node:events': {
    run: async ({ socket, peer, note }) => {
      const message = once(socket, 'message');
      await peer.write(text('a'));
      note(await message);
    },
  },
};

const reading: Record<string, Script> = {
  'every binaryType, and invalid ones': {
    run: async ({ socket, peer, note, settle }) => {
      socket.on('message', (data, isBinary) => note(data, isBinary));
      const words = ['nodebuffer', 'buffer', 'arraybuffer', '', 'blob', undefined, 'fragments', 'Blob'];
      for (const word of words) {
        Object.assign(socket, { binaryType: word });
        await peer.write(Buffer.concat([binary(1, 2), text('t')]));
        await settle();
        note(socket.binaryType);
      }
    },
  },
  'a message in fragments, with binaryType fragments': {
    run: async ({ socket, peer, note, settle }) => {
      socket.binaryType = 'fragments';
      socket.on('message', (data) => note(data));
      const first = clientFrame({ opcode: 'binary', payload: Buffer.of(1), fin: false });
      await peer.write(Buffer.concat([first, clientFrame({ opcode: 'continuation', payload: Buffer.of(2) })]));
      await settle();
    },
  },
  'messages, Pings and Pongs of one chunk': {
    run: async (stage) => {
      noteEvents(stage);
      const control = [clientFrame({ opcode: 'ping', payload: 'p' }), clientFrame({ opcode: 'pong', payload: 'q' })];
      await stage.peer.write(Buffer.concat([text('a'), ...control, binary(1), text('')]));
      await stage.settle();
      await stage.noteFrames(1);
    },
  },
  'pause() and resume()': {
    run: async ({ socket, peer, note, settle, closed }) => {
      socket.on('message', (data) => note(data));
      socket.pause();
      note(socket.isPaused);
      await peer.write(text('a'));
      await settle();
      note('resume');
      socket.resume();
      note(socket.isPaused);
      await settle();
      socket.close();
      await peer.write(closeFrame(1000));
      await closed;
      socket.pause();
      note(socket.isPaused);
      socket.resume();
      note(socket.isPaused);
    },
  },
  'a message that comes after close()': {
    run: async ({ socket, peer, note, closed }) => {
      socket.on('message', (data) => note(data));
      socket.close();
      await peer.write(Buffer.concat([text('late'), closeFrame(1000)]));
      peer.duplex.end();
      await closed;
    },
  },
  'a message that comes after close(), with messagesAfterClose': {
    turnout: { messagesAfterClose: 'deliver' },
    run: async ({ socket, peer, note, closed }) => {
      socket.on('message', (data) => note(data));
      socket.close();
      await peer.write(Buffer.concat([text('late'), closeFrame(1000)]));
      peer.duplex.end();
      await closed;
    },
  },
};

const sending: Record<string, Script> = {
  'everything that send() takes': {
    run: async ({ socket, noteFrames }) => {
      const bytes = Uint8Array.of(1, 2, 3);
      const kinds = [
        'text',
        '',
        Buffer.from(bytes),
        bytes,
        bytes.subarray(1),
        new DataView(bytes.buffer, 1, 1),
        bytes.buffer,
      ];
      for (const data of [...kinds, new Float32Array([1]), 42, 0, Number.NaN, new Blob(['blob']), 'after it']) {
        loose(socket)['send']!(data);
      }
      await noteFrames(kinds.length + 6);
    },
  },
  'options of send()': {
    run: async ({ socket, noteFrames }) => {
      socket.send('text', { binary: true });
      socket.send(Buffer.from('bytes'), { binary: false });
      socket.send('a', { fin: false });
      socket.send('b', { fin: false });
      socket.send('c', { fin: true });
      socket.send('d', { compress: false, mask: false });
      loose(socket)['send']!('e', null);
      loose(socket)['send']!('f', undefined);
      loose(socket)['send']!('g', 'binary');
      loose(socket)['send']!('h', true);
      await noteFrames(10);
    },
  },
  'callbacks of what is sent, in order': {
    run: async ({ socket, note, settle }) => {
      const callback =
        (name: string) =>
        (...args: unknown[]): void =>
          note(name, args[0] ?? 'no error');
      socket.send('a', callback('a'));
      socket.send('b', {}, callback('b'));
      loose(socket)['send']!('c', null, callback('c'));
      socket.ping(callback('ping') as never);
      socket.pong('x', false, callback('pong'));
      socket.send(new Blob(['d']) as never, callback('blob'));
      socket.send('e', callback('e'));
      note('sent');
      await settle();
    },
  },
  'null, undefined and false as a message': {
    run: async ({ socket, peer, note }) => {
      for (const data of [null, undefined, false]) note(outcome(() => loose(socket)['send']!(data)));
      socket.send('end');
      for (let frame = await peer.next(); frame?.payload.toString() !== 'end'; frame = await peer.next()) {
        note('a frame of', frame!.payload.length);
      }
    },
  },
  'an array or a Date as a message': {
    run: async ({ socket, note, noteFrames }) => {
      note(
        outcome(() => loose(socket)['send']!([1, 2])),
        outcome(() => loose(socket)['send']!(new Date(0))),
      );
      socket.send('end');
      await noteFrames(1);
    },
  },
  'values that are not messages': {
    run: ({ socket, note }) => {
      for (const data of [true, {}, () => {}, Symbol('a')]) {
        note(
          typeof data,
          outcome(() => loose(socket)['send']!(data)),
        );
      }
      note(socket.readyState);
    },
  },
  'what send(), ping() and pong() return': {
    run: ({ socket, note }) => note(typeof socket.send('a'), typeof socket.ping(), typeof socket.pong()),
  },
  'sending after close()': {
    run: async ({ socket, peer, note, settle, closed }) => {
      const callback = (error?: Error | null): void => note(error?.message);
      const sendAll = (): void => {
        note(
          outcome(() => socket.send('a')),
          outcome(() => socket.ping()),
          outcome(() => socket.pong()),
        );
        socket.send('a', callback);
        socket.send('a', {}, callback);
        socket.ping(callback as never);
        socket.pong('a', false, callback);
      };
      socket.close();
      sendAll();
      await settle();
      await peer.write(closeFrame(1000));
      await closed;
      sendAll();
      await settle();
    },
  },
  'bufferedAmount in the turn of send()': {
    run: ({ socket, note }) => {
      socket.send('abc');
      note(socket.bufferedAmount);
    },
  },
  'bufferedAmount once it was sent': {
    run: async ({ socket, note, noteFrames }) => {
      await new Promise((resolve) => socket.send('abc', resolve));
      note(socket.bufferedAmount);
      await noteFrames(1);
    },
  },
  'bufferedAmount after sending on a closed socket': {
    run: async ({ socket, note, closed }) => {
      socket.terminate();
      await closed;
      socket.send('abc');
      note(socket.bufferedAmount);
    },
  },
  'createWebSocketStream() of ws carries a stream both ways, and ends': {
    run: async ({ socket, peer, note, noteFrames, closed }) => {
      const stream = createWebSocketStream(socket, { encoding: 'utf8' });
      for (const name of ['end', 'finish', 'close', 'error']) stream.on(name, () => note(name));
      const received = once(stream, 'data');
      await peer.write(text('in'));
      note(await received);
      stream.write('out');
      await noteFrames(1);
      stream.resume();
      stream.end('last');
      await noteFrames(2);
      await peer.write(closeFrame(1005 - 5));
      peer.duplex.end();
      await closed;
      if (!stream.destroyed || !stream.closed) await once(stream, 'close');
    },
  },
  'createWebSocketStream() of ws, whose peer goes': {
    run: async ({ socket, peer, note, closed }) => {
      const stream = createWebSocketStream(socket);
      for (const name of ['end', 'close', 'error']) stream.on(name, () => note(name));
      stream.resume();
      await peer.write(text('in'));
      peer.destroy();
      await closed;
      stream.destroy();
      await once(stream, 'close');
    },
  },
};

const control: Record<string, Script> = {
  'every form of ping() and pong()': {
    run: async ({ socket, note, noteFrames, settle }) => {
      for (const name of ['ping', 'pong'] as const) {
        const send = (...args: unknown[]): unknown => loose(socket)[name]!(...args);
        const callback = (): void => note('callback');
        send();
        send(callback);
        send('data');
        send('data', callback);
        send('data', false, callback);
        send('data', undefined, callback);
        send(Buffer.from('bytes'), false);
        send(Uint8Array.of(1).buffer);
        send(1_700_000_000_000);
        send(0, callback);
        send(null);
        send(undefined, false, callback);
        send(false);
        await settle();
        await noteFrames(13);
        note(
          outcome(() => send('x'.repeat(125))),
          outcome(() => send('x'.repeat(126))),
        );
        note(
          outcome(() => send(Buffer.alloc(126))),
          outcome(() => send({})),
          outcome(() => send(true)),
        );
        await noteFrames(1);
      }
    },
  },
  'a Blob in a Ping': {
    run: async ({ socket, note, noteFrames }) => {
      note(outcome(() => loose(socket)['ping']!(new Blob(['p']))));
      socket.send('end');
      await noteFrames(1);
    },
  },
  'a Ping is answered before its listener is called': {
    run: async ({ socket, peer, note, noteFrames }) => {
      socket.on('ping', (data) => {
        note(data);
        socket.send('from the listener');
      });
      await peer.write(clientFrame({ opcode: 'ping', payload: 'p' }));
      await noteFrames(2);
    },
  },
};

const closing: Record<string, Script> = {
  'close()': { run: (stage) => closeEnd(stage) },
  'close(code)': { run: (stage) => closeEnd(stage, 1000) },
  'close(code, reason)': { run: (stage) => closeEnd(stage, 4000, 'reason ü') },
  'close(code, bytes)': { run: (stage) => closeEnd(stage, 3000, Buffer.from('bytes')) },
  'close(code, empty)': { run: (stage) => closeEnd(stage, 1001, '') },
  'close(undefined)': { run: (stage) => closeEnd(stage, undefined, undefined) },
  'a close code or reason of the wrong type': {
    run: ({ socket, note }) => {
      for (const args of [['1000'], [null], [{}], [1000, 'x'.repeat(124)], [1000, 'ü'.repeat(62)], [1000, null]]) {
        note(outcome(() => loose(socket)['close']!(...args)));
      }
      note(socket.readyState);
    },
  },
  'a close code that may not be sent': {
    run: ({ socket, note }) => {
      for (const code of [0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 1000.5, Number.NaN]) {
        note(outcome(() => socket.close(code)));
      }
      note(socket.readyState);
    },
  },
  'a close reason without a code': {
    run: ({ socket, note }) =>
      note(
        outcome(() => loose(socket)['close']!(undefined, 'reason')),
        socket.readyState,
      ),
  },
  'close() twice, with whatever arguments': {
    run: async ({ socket, peer, note, noteFrames, closed }) => {
      socket.on('close', (code, reason) => note('close', code, reason));
      socket.close(1000, 'first');
      note(
        outcome(() => socket.close(1001, 'second')),
        outcome(() => socket.close(999)),
      );
      await noteFrames(1);
      await peer.write(closeFrame(4000));
      await closed;
      note(
        outcome(() => socket.close()),
        outcome(() => socket.close(999)),
        outcome(() => socket.terminate()),
      );
      await noteFrames(1);
    },
  },
  'what the peer closes with': {
    run: async (stage) => {
      noteEvents(stage);
      await stage.peer.write(
        Buffer.concat([text('last'), clientFrame({ opcode: 'close', payload: Buffer.from('\x03\xe8bye', 'latin1') })]),
      );
      await stage.closed;
      await stage.noteFrames(2);
      stage.note(stage.socket.readyState);
    },
  },
  'a Close frame without a code': {
    run: async (stage) => {
      noteEvents(stage);
      await stage.peer.write(clientFrame({ opcode: 'close' }));
      await stage.closed;
      await stage.noteFrames(2);
    },
  },
  'the end of TCP without a Close frame': {
    run: async (stage) => {
      noteEvents(stage);
      stage.peer.duplex.end();
      await stage.closed;
    },
  },
  'a connection that is reset': {
    run: async (stage) => {
      noteEvents(stage);
      stage.peer.reset();
      await stage.closed;
    },
  },
  'terminate()': {
    run: async (stage) => {
      noteEvents(stage);
      const { socket, note } = stage;
      socket.addEventListener('close', ({ code, reason, wasClean }) => note(code, reason, wasClean));
      socket.terminate();
      note(socket.readyState);
      socket.terminate();
      socket.close(1000);
      await stage.closed;
      note(socket.readyState);
      await stage.noteFrames(1);
    },
  },
  'close() and terminate() in a message listener': {
    run: async (stage) => {
      noteEvents(stage);
      const { socket, peer, closed } = stage;
      socket.on('message', () => {
        socket.close(1000);
        socket.terminate();
      });
      await peer.write(Buffer.concat([text('a'), text('b')]));
      await closed;
    },
  },
};

/** Frames that break a rule of RFC 6455. */
const faults: Record<string, Buffer> = {
  'an unknown opcode': Buffer.of(0x83, 0x80, 0, 0, 0, 0),
  'a frame without a mask': Buffer.of(0x81, 0x00),
  'RSV1 without an extension': clientFrame({ opcode: 'text', rsv1: true }),
  'text that is not UTF-8': clientFrame({ opcode: 'text', payload: Buffer.of(0xff) }),
  'a continuation of nothing': clientFrame({ opcode: 'continuation' }),
  'a close code that must not be sent': closeFrame(1005),
  'a long Ping': clientFrame({ opcode: 'ping', payload: 'x'.repeat(126) }),
  'half a Ping': clientFrame({ opcode: 'ping', fin: false }),
};

const faultScripts: Record<string, Script> = Object.fromEntries(
  Object.entries(faults).flatMap(([name, bytes]): [string, Script][] => [
    [
      `${name}: error and then close, and the code that the peer is told`,
      {
        run: async ({ socket, peer, note, closed }) => {
          socket.on('error', (error) => note('error', error instanceof Error, `readyState ${socket.readyState}`));
          socket.on('message', (data) => note(data));
          socket.on('close', () => note('close'));
          await peer.write(Buffer.concat([text('before'), bytes, text('after')]));
          note(await peer.closeCode());
          peer.destroy();
          await closed;
        },
      },
    ],
    [
      `${name}: the code of the error`,
      {
        run: async ({ socket, peer, note, closed }) => {
          socket.on('error', (error: NodeJS.ErrnoException) => note(error.code));
          await peer.write(bytes);
          await peer.closeCode();
          peer.destroy();
          await closed;
        },
      },
    ],
  ]),
);

const ends: Record<string, Script> = {
  'the reason of the Close frame after a fault of the peer': {
    run: async ({ peer, socket, note }) => {
      socket.on('error', () => {});
      await peer.write(faults['an unknown opcode']!);
      note((await peer.next())!.payload.subarray(2).toString());
    },
  },
  'the close event after a fault of the peer': {
    run: async ({ socket, peer, note, closed }) => {
      socket.on('error', (error) => note(error));
      socket.on('close', (code) => note('close', code));
      await peer.write(faults['an unknown opcode']!);
      await peer.closeCode();
      peer.destroy();
      await closed;
    },
  },
};

export const scripts: Record<string, Script> = {
  ...states,
  ...listeners,
  ...reading,
  ...sending,
  ...control,
  ...closing,
  ...faultScripts,
  ...ends,
};

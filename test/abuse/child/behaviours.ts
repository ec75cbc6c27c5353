import type { WebSocket } from '@turnout/core';
import { Gate } from './gate.ts';

/** What a route's application has observed. */
export interface RouteRecord {
  received: number;
  /** The maximum number of handlers that ran concurrently. */
  mostAtOnce: number;
  /** Whether the messages were the numbers from 0 on, each once. */
  isInOrder: boolean;
  /** The names of events, in order. */
  readonly events: string[];
}

export const gate = new Gate();

/** What an application does with a socket, by name. */
export const behaviours = {
  echo(socket: WebSocket): void {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  },

  sink(socket: WebSocket, record: RouteRecord): void {
    socket.on('message', () => record.received++);
  },

  /** Never reads. */
  hold(): void {},

  /** Receives one message at a time, and waits at the gate with each. */
  async oneByOne(socket: WebSocket, record: RouteRecord): Promise<void> {
    let running = 0;
    for await (const message of socket) {
      record.mostAtOnce = Math.max(record.mostAtOnce, ++running);
      record.isInOrder &&= Number(message) === record.received;
      await gate.pass();
      record.received++;
      running--;
    }
  },

  /** Waits at the gate before it reads. */
  async late(socket: WebSocket): Promise<void> {
    await gate.pass();
    for await (const message of socket) socket.send(message);
  },

  closeAtOnce(socket: WebSocket): void {
    socket.close(1001);
  },

  /** Sends until `send()` returns `false`, repeatedly. */
  fill(socket: WebSocket): void {
    const chunk = Buffer.alloc(16 * 1024);
    const fill = (): void => {
      while (socket.readyState === socket.OPEN && socket.send(chunk));
    };
    socket.on('drain', fill);
    fill();
  },

  throwInMessage(socket: WebSocket): void {
    socket.on('message', fail);
  },

  throwInPing(socket: WebSocket): void {
    socket.on('ping', fail);
  },

  throwInClose(socket: WebSocket): void {
    socket.on('message', () => {});
    socket.on('close', fail);
  },

  throwInError(socket: WebSocket): void {
    socket.on('message', () => {});
    socket.on('error', fail);
  },

  throwInDrain(socket: WebSocket): void {
    socket.on('message', () => {});
    socket.on('drain', fail);
    while (socket.send(Buffer.alloc(16 * 1024)));
  },

  rejectInMessage(socket: WebSocket): void {
    socket.on('message', () => Promise.reject(new Error('Broken')));
  },

  rejectInPing(socket: WebSocket): void {
    socket.on('ping', () => Promise.reject(new Error('Broken')));
  },

  rejectInClose(socket: WebSocket): void {
    socket.on('message', () => {});
    socket.on('close', () => Promise.reject(new Error('Broken')));
  },

  rejectInError(socket: WebSocket): void {
    socket.on('message', () => {});
    socket.on('error', () => Promise.reject(new Error('Broken')));
  },

  rejectInDrain(socket: WebSocket): void {
    socket.on('message', () => {});
    socket.on('drain', () => Promise.reject(new Error('Broken')));
    while (socket.send(Buffer.alloc(16 * 1024)));
  },

  /** Closes twice in its `message` listener. */
  closeTwice(socket: WebSocket, record: RouteRecord): void {
    noteEnd(socket, record);
    socket.on('message', () => {
      socket.close(1000, 'first');
      socket.close(1001, 'second');
    });
  },

  terminateInMessage(socket: WebSocket, record: RouteRecord): void {
    noteEnd(socket, record);
    socket.on('message', () => socket.terminate());
  },

  terminateInPing(socket: WebSocket, record: RouteRecord): void {
    noteEnd(socket, record);
    socket.on('message', () => {});
    socket.on('ping', () => socket.terminate());
  },

  terminateInError(socket: WebSocket, record: RouteRecord): void {
    noteEnd(socket, record);
    socket.on('message', () => {});
    socket.on('error', () => socket.terminate());
  },

  terminateInClose(socket: WebSocket, record: RouteRecord): void {
    noteEnd(socket, record);
    socket.on('message', () => {});
    socket.on('close', () => {
      socket.terminate();
      socket.close(1000);
    });
  },

  terminateInSend(socket: WebSocket, record: RouteRecord): void {
    noteEnd(socket, record);
    socket.on('message', (data) => socket.send(data, () => socket.terminate()));
  },

  /** A listener that removes itself, and another that stays. */
  removeListener(socket: WebSocket, record: RouteRecord): void {
    noteEnd(socket, record);
    const once = (): void => {
      record.events.push('removed');
      socket.off('message', once);
    };
    socket.on('message', once);
    socket.on('message', (data) => {
      record.events.push('stays');
      socket.send(data);
    });
  },
} satisfies Record<string, (socket: WebSocket, record: RouteRecord) => unknown>;

export type Behaviour = keyof typeof behaviours;

function fail(): never {
  throw new Error('Broken');
}

function noteEnd(socket: WebSocket, record: RouteRecord): void {
  socket.on('close', () => record.events.push('close'));
}

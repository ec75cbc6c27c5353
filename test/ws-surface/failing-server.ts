// A server whose code fails: `failing-server.ts ws|turnout throw|reject|callback|error`. Prints "alive" if that ends
// nothing else.
import type { WebSocket } from 'ws';
import { play, type Implementation, type Stage } from './stage.ts';
import { clientFrame } from '@turnout/test-kit/client-frame';

function fail(): never {
  throw new Error('Broken');
}

const failures: Record<string, (socket: WebSocket) => unknown> = {
  throw: (socket) => socket.on('message', fail),
  reject: (socket) => socket.on('message', () => Promise.reject(new Error('Broken')) as never),
  callback: (socket) => socket.on('message', () => socket.send('a', fail)),
  error: () => {},
};

const [implementation, kind] = process.argv.slice(2) as [Implementation, string];

async function run({ socket, peer, closed }: Stage): Promise<void> {
  failures[kind]!(socket);
  // For `error`: a frame without a mask.
  await peer.write(kind === 'error' ? Buffer.of(0x81, 0x00) : clientFrame({ opcode: 'text', payload: 'a' }));
  await peer.closeCode();
  peer.destroy();
  await closed;
}

await play(implementation, run);
console.log('alive');

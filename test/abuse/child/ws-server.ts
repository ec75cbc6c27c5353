// The ws package in the same role, for comparison.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import { answerParent } from './answer-parent.ts';
import { measurements, recordFaults } from './measurements.ts';

const { perMessageDeflate = false } = JSON.parse(process.argv[2] ?? '{}') as { perMessageDeflate?: boolean };

const faults = recordFaults();
const server = createServer();
const sockets = new Set<WebSocket>();
new WebSocketServer({ server, perMessageDeflate }).on('connection', (socket, { url }) => {
  sockets.add(socket);
  socket.on('error', () => {});
  socket.on('close', () => sockets.delete(socket));
  socket.on('message', (data: Buffer, isBinary) => {
    if (url === '/echo') socket.send(data, { binary: isBinary });
  });
});

/** Sends to all, and only waits for one turn: there is no limit to wait for. */
async function broadcast({ count, length }: { readonly count: number; readonly length: number }): Promise<void> {
  const data = Buffer.alloc(length);
  for (let index = 0; index < count; index++) {
    for (const socket of sockets) socket.send(Buffer.from(data));
    await new Promise((resolve) => setImmediate(resolve));
  }
}

answerParent({
  address: () => (server.address() as AddressInfo).port,
  ...measurements,
  faults: () => faults,
  count: () => sockets.size,
  broadcast,
});
server.listen(0, '127.0.0.1', () => process.send!('listening'));

// Well-behaved clients: they answer Pings and Close frames.
import { connect, type WebSocket } from '@turnout/core';
import { answerParent } from './answer-parent.ts';

const sockets: WebSocket[] = [];
const pings = new Map<WebSocket, number>();

answerParent({
  address: () => 0,
  async open({ url, count }: { readonly url: string; readonly count: number }) {
    const opened = await Promise.all(Array.from({ length: count }, () => connect(url, { pingInterval: Infinity })));
    for (const socket of opened) {
      socket.on('message', () => {});
      pings.set(socket, 0);
      socket.on('ping', () => pings.set(socket, pings.get(socket)! + 1));
      sockets.push(socket);
    }
  },
  leastPings: () => Math.min(...pings.values()),
  count: () => sockets.filter(({ readyState }) => readyState === 1).length,
});
process.send!('listening');

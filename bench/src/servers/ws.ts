// ws as its README shows it, on node:http.
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';
import { listenAndReport } from './report-to-parent.ts';

const server = createServer();
const webSockets = new WebSocketServer({ server, path: '/echo' });
webSockets.on('connection', (socket) => {
  socket.on('message', (data: Buffer, isBinary) => socket.send(data, { binary: isBinary }));
  socket.on('error', () => socket.terminate());
});
listenAndReport(server);

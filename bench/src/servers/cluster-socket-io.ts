// The same with Socket.IO and its Redis adapter, as their READMEs show it. Parameters: `redis` and its port.
import { createServer } from 'node:http';
import { createAdapter } from '@socket.io/redis-adapter';
import { createClient } from 'redis';
import { Server } from 'socket.io';
import { listenAndReport } from './report-to-parent.ts';

const [, port] = process.argv.slice(2);
const publisher = createClient({ url: `redis://127.0.0.1:${port}` });
const subscriber = publisher.duplicate();
await Promise.all([publisher.connect(), subscriber.connect()]);
const server = createServer();
const io = new Server(server, { adapter: createAdapter(publisher, subscriber), transports: ['websocket'] });
io.on('connection', (socket) => {
  socket.on('m', (text: string) => io.emit('m', text));
});
await listenAndReport(server);

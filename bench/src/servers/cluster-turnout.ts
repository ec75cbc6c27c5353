// One of several nodes: a client's message is published to the clients of all. Parameters: the broker's kind and port.
import { createServer } from 'node:http';
import { connectNats } from '@turnout/nats';
import { connectRedis } from '@turnout/redis';
import { createRouter } from '@turnout/router';
import { createHub } from '@turnout/topics';
import { listenAndReport } from './report-to-parent.ts';

const [kind, port] = process.argv.slice(2);
const broker =
  kind === 'redis'
    ? await connectRedis({ url: `redis://127.0.0.1:${port}` })
    : await connectNats({ servers: `127.0.0.1:${port}` });
const topic = createHub({ broker }).topic('fanout');
const router = createRouter();
router.ws('/', async (socket) => {
  await topic.subscribe(socket);
  socket.on('message', (data) => topic.publish(data.toString()));
});
const server = createServer();
router.attach(server);
await listenAndReport(server);

// A node of a cluster in a separate process: a hub on a broker, with clients that subscribe at `/live`.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRouter } from '@turnout/router';
import { createHub } from '@turnout/topics';
import { connectNatsBy, connectRedisBy, type Patience } from './connect-brokers.ts';
import { topicOptionsOf, type NodeCommand } from './node-commands.ts';

const [kind, port, patience] = process.argv.slice(2) as ['Redis' | 'NATS', string, Patience];
const broker = await (kind === 'Redis' ? connectRedisBy : connectNatsBy)(Number(port), patience);
const hub = createHub({ broker, presenceInterval: 200, historyCheckInterval: 500 });
const router = createRouter();
const server = createServer();
let people = 0;

router.ws('/live', async (socket) => {
  const id = `${process.pid}-${people++}`;
  const handle = hub.commands(socket, (name) => ({ topic: hub.topic(name, topicOptionsOf(name)), person: { id } }));
  for await (const message of socket) await handle(message);
});
router.attach(server);

process.on('message', ({ id, topic, message }: NodeCommand) => {
  const answer = (isDone: boolean): unknown => process.send!({ id, isDone });
  hub
    .topic(topic, topicOptionsOf(topic))
    .publish(message)
    .then(answer, () => answer(false));
});
process.on('disconnect', () => process.exit(0));

server.listen(0, '127.0.0.1', () => process.send!((server.address() as AddressInfo).port));

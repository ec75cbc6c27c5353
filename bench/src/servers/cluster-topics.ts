// One of several nodes, or a single one: clients subscribe to topics as @turnout/client does, and publish with
// {"publish":TOPIC,"data":…}; a rejection is answered with {"rejected":TOPIC}. Parameters: the broker's kind and
// port, or none.
import { createServer } from 'node:http';
import { connectNats } from '@turnout/nats';
import { connectRedis } from '@turnout/redis';
import { createRouter } from '@turnout/router';
import { createHub, type Broker, type Topic, type TopicOptions } from '@turnout/topics';
import { kindOf, type TopicKind } from '../topic-kind.ts';
import { listenAndReport } from './report-to-parent.ts';

/** Counts instead of lists: lists for everybody who joins would be people × people. */
const presence = { tell: 'counts' } as const;

const optionsOf: Readonly<Record<TopicKind, TopicOptions>> = {
  plain: { envelope: true },
  history: { history: true },
  presence: { envelope: true, presence },
  both: { history: true, presence },
};

async function connectBroker([kind, port]: readonly string[]): Promise<Broker | undefined> {
  if (kind === 'redis') return connectRedis({ url: `redis://127.0.0.1:${port}` });
  if (kind === 'nats') return connectNats({ servers: `127.0.0.1:${port}` });
  return undefined;
}

const broker = await connectBroker(process.argv.slice(2));
const hub = createHub(broker === undefined ? {} : { broker });

function topicOf(name: string): Topic {
  return hub.topic(name, optionsOf[kindOf(name)]);
}

let socketCount = 0;
// The load answers no Ping, and opening thousands of connections may take longer than clients may.
const router = createRouter({ pingInterval: Infinity });
router.ws('/', (socket) => {
  const person = { id: `${process.pid}-${++socketCount}` };
  const handle = hub.commands(socket, (name) => {
    const topic = topicOf(name);
    return topic.options.presence === null ? topic : { topic, person };
  });
  socket.on('message', async (message) => {
    const text = message.toString();
    if (await handle(text)) return;
    const { publish, data } = JSON.parse(text) as { publish: string; data: unknown };
    // Not awaited: a late confirmation of the broker must not delay anything.
    topicOf(publish)
      .publish(JSON.stringify(data))
      .catch(() => socket.send(JSON.stringify({ rejected: publish })));
  });
});
const server = createServer();
router.attach(server);
await listenAndReport(server);

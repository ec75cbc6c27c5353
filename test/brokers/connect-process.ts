// Connects to a broker, prints why it cannot, and ends once nothing keeps it running.
import { connectNats } from '@turnout/nats';
import { connectRedis } from '@turnout/redis';

const [kind, options] = process.argv.slice(2) as ['Redis' | 'NATS', string];
const connect = kind === 'Redis' ? connectRedis : connectNats;
try {
  await connect(JSON.parse(options) as object);
} catch (error) {
  const { code, message } = error as { code?: string; message: string };
  console.log(JSON.stringify({ code, message }));
}

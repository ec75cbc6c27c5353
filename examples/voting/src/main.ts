import { dataFolder, serve } from '@turnout/example-host';
import { embeddedStorage, redisStorage } from './storage.ts';
import { createVotingApp } from './voting-app.ts';

const alertToken = process.env['ALERT_TOKEN'] || undefined;
const redisUrl = process.env['REDIS_URL'] || undefined;

try {
  const storage =
    redisUrl === undefined
      ? embeddedStorage(dataFolder(new URL('../data', import.meta.url)))
      : await redisStorage(redisUrl);
  // Proxies on this machine are believed what they say of the client.
  serve({ example: createVotingApp({ storage, alertToken, trustProxy: redisUrl !== undefined }), defaultPort: 3000 });
} catch (error) {
  console.error(`Cannot open the storage: ${(error as Error).message}`);
  process.exit(1);
}

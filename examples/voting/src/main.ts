import { dataFolder, serve } from '@turnout/example-host';
import { redisSettings } from '@turnout/example-host/redis';
import { embeddedStorage, redisStorage } from './storage.ts';
import { createVotingApp } from './voting-app.ts';

const alertToken = process.env['ALERT_TOKEN'] || undefined;

try {
  const redis = redisSettings(process.env);
  const storage =
    redis === undefined ? embeddedStorage(dataFolder(new URL('../data', import.meta.url))) : await redisStorage(redis);
  // Trusts what proxies on this machine say about the client.
  serve({ example: createVotingApp({ storage, alertToken, trustProxy: redis !== undefined }), defaultPort: 3000 });
} catch (error) {
  console.error(`Cannot open the storage: ${(error as Error).message}`);
  process.exit(1);
}

import { dataFolder, serve } from '@turnout/example-host';
import { redisSettings } from '@turnout/example-host/redis';
import { createChatApp } from './chat-app.ts';
import { embeddedStorage, redisStorage } from './storage.ts';

try {
  const redis = redisSettings(process.env);
  const storage =
    redis === undefined ? embeddedStorage(dataFolder(new URL('../data', import.meta.url))) : await redisStorage(redis);
  // Trusts what proxies on this machine say about the client.
  serve({ example: createChatApp({ storage, trustProxy: redis !== undefined }), defaultPort: 3002 });
} catch (error) {
  console.error(`Cannot open the storage: ${(error as Error).message}`);
  process.exit(1);
}

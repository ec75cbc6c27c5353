import { dataFolder, serve } from '@turnout/example-host';
import { createChatApp } from './chat-app.ts';

serve({ example: createChatApp({ dataDir: dataFolder(new URL('../data', import.meta.url)) }), defaultPort: 3002 });

import { dataFolder, serve } from '@turnout/example-host';
import { createVotingApp } from './voting-app.ts';

const dataDir = dataFolder(new URL('../data', import.meta.url));
const alertToken = process.env['ALERT_TOKEN'] || undefined;

serve({ example: createVotingApp({ dataDir, alertToken }), defaultPort: 3000 });

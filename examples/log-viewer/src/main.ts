import { homedir } from 'node:os';
import { join } from 'node:path';
import { dataFolder, serve } from '@turnout/example-host';
import { startDemo } from './demo/demo.ts';
import { createLogViewer } from './log-viewer-app.ts';
import { manage } from './manage.ts';

const defaultPort = 3003;

async function main(parameters: readonly string[]): Promise<void> {
  if (parameters[0] === '--demo') {
    const demo = await startDemo();
    console.log(`a generated log, on a separate sshd: sign in as ${demo.user} with ${demo.password}`);
    return serve({ example: demo.viewer, defaultPort });
  }
  const viewer = createLogViewer({
    dataDir: dataFolder(new URL('../data', import.meta.url)),
    knownHostsFile: process.env['KNOWN_HOSTS'] || join(homedir(), '.ssh', 'known_hosts'),
    agent: process.env['SSH_AUTH_SOCK'],
  });
  if (parameters.length === 0) return serve({ example: viewer, defaultPort });
  console.log(await manage(parameters, viewer));
  return viewer.dispose();
}

main(process.argv.slice(2)).catch((error: Error) => {
  console.error(error.message);
  process.exit(1);
});

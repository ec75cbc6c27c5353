import { existsSync, mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createVotingApp } from './voting-app.ts';

const port = Number(process.env['PORT'] ?? 3000);
const host = process.env['HOST'] ?? '127.0.0.1';
const dataDir = process.env['DATA_DIR'] ?? fileURLToPath(new URL('../data', import.meta.url));
const alertToken = process.env['ALERT_TOKEN'];

if (!existsSync(dataDir)) mkdirSync(dataDir, { recursive: true, mode: 0o700 });
const voting = createVotingApp({ dataDir, alertToken });

const server = voting.app.listen(port, host, (error?: NodeJS.ErrnoException) => {
  if (error) {
    const isTaken = error.code === 'EADDRINUSE';
    console.error(isTaken ? `Port ${port} is taken: set PORT to another` : `Cannot listen: ${error.message}`);
    process.exit(1);
  }
  const address = server.address();
  const actualPort = typeof address === 'object' && address ? address.port : port;
  console.log(`listening on http://${host}:${actualPort}`);
});

/** Says goodbye to the clients (1001), lets requests finish, and leaves the data closed. */
async function shutDown(): Promise<void> {
  const isServerClosed = new Promise((resolve) => server.close(resolve));
  await voting.app.close({ code: 1001, timeout: 5_000 });
  server.closeAllConnections();
  await isServerClosed;
  voting.dispose();
  process.exit(0);
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void shutDown());

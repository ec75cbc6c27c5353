import { existsSync, mkdirSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { stop } from './stop.ts';
import { createVotingApp } from './voting-app.ts';

const { PORT, HOST, DATA_DIR, ALERT_TOKEN } = process.env;
const port = PORT || '3000';
const host = HOST || '127.0.0.1';
const dataDir = DATA_DIR || fileURLToPath(new URL('../data', import.meta.url));

function fail(problem: string): never {
  console.error(problem);
  process.exit(1);
}

if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) fail(`Expected a PORT from 0 to 65535, received ${port}`);
if (!existsSync(dataDir)) mkdirSync(dataDir, { recursive: true, mode: 0o700 });
const voting = createVotingApp({ dataDir, alertToken: ALERT_TOKEN || undefined });

const server = voting.app.listen(Number(port), host, (error?: NodeJS.ErrnoException) => {
  if (error?.code === 'EADDRINUSE') fail(`Port ${port} is taken: set PORT to another`);
  if (error) fail(`Cannot listen: ${error.message}`);
  const { family, address, port: actualPort } = server.address() as AddressInfo;
  console.log(`listening on http://${family === 'IPv6' ? `[${address}]` : address}:${actualPort}`);
});

async function shutDown(): Promise<void> {
  await stop(server, voting.app);
  voting.dispose();
  process.exit(0);
}

// Once: a second Ctrl-C ends the process at once.
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void shutDown());

import { createEchoApp } from './echo-app.ts';

const port = Number(process.env['PORT'] ?? 3001);
const host = process.env['HOST'] ?? '127.0.0.1';
const app = createEchoApp();

const server = app.listen(port, host, (error?: NodeJS.ErrnoException) => {
  if (error) {
    const isTaken = error.code === 'EADDRINUSE';
    console.error(isTaken ? `Port ${port} is taken: set PORT to another` : `Cannot listen: ${error.message}`);
    process.exit(1);
  }
  const address = server.address();
  console.log(`listening on http://${host}:${typeof address === 'object' && address ? address.port : port}`);
});

async function shutDown(): Promise<void> {
  server.close();
  await app.close({ code: 1001, timeout: 5_000 });
  process.exit(0);
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void shutDown());

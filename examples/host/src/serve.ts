import type { AddressInfo } from 'node:net';
import type { Example } from './example.ts';
import { stop } from './stop.ts';

export interface ServeOptions {
  readonly example: Example;
  readonly defaultPort: number;
}

/**
 * Listens on `HOST` (127.0.0.1) and `PORT`, prints the address, and on SIGINT and SIGTERM closes every client and
 * stops. An error is one line on standard error, and exit code 1.
 */
export function serve({ example, defaultPort }: ServeOptions): void {
  const host = process.env['HOST'] || '127.0.0.1';
  const port = process.env['PORT'] || String(defaultPort);
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) fail(`Expected a PORT from 0 to 65535, received ${port}`);

  const server = example.app.listen(Number(port), host, (error?: NodeJS.ErrnoException) => {
    if (error?.code === 'EADDRINUSE') fail(`Port ${port} is taken: set PORT to another`);
    if (error) fail(`Cannot listen: ${error.message}`);
    // A connection that cannot be accepted, for example with too many open files, does not affect the others.
    server.on('error', ({ message }) => console.error(`Cannot take a connection: ${message}`));
    const { family, address, port: actualPort } = server.address() as AddressInfo;
    console.log(`listening on http://${family === 'IPv6' ? `[${address}]` : address}:${actualPort}`);
  });

  const shutDown = async (): Promise<void> => {
    await stop(server, example.app);
    await example.dispose();
    process.exit(0);
  };
  // Once: a second Ctrl-C ends the process immediately.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => void shutDown().catch((error: Error) => fail(`Cannot stop cleanly: ${error.message}`)));
  }
}

function fail(problem: string): never {
  console.error(problem);
  process.exit(1);
}

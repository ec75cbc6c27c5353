import type { AddressInfo, Server } from 'node:net';

/** What a server under test tells the process that started it. */
export interface ServerReport {
  readonly port: number;
  /** User and system time so far, in microseconds. */
  readonly cpuTime: number;
}

/** Listens on a free port of the loopback address, and reports at once and whenever the parent asks. */
export function listenAndReport(server: Server): void {
  server.listen(0, '127.0.0.1', () => report(server));
  process.on('message', () => report(server));
  process.on('disconnect', () => process.exit());
}

function report(server: Server): void {
  const { port } = server.address() as AddressInfo;
  const { user, system } = process.cpuUsage();
  process.send?.({ port, cpuTime: user + system } satisfies ServerReport);
}

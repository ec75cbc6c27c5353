import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';

/** What a server under test tells the process that started it. */
export interface ServerReport {
  readonly port: number;
  /** User and system time so far, in microseconds. */
  readonly cpuTime: number;
  /** Memory of the process, in bytes, after the garbage is collected. */
  readonly memory: number;
}

/** What the parent asks for; `memory` takes a garbage collection. */
export type ReportQuestion = 'time' | 'memory';

/**
 * What an application holds: V8 collects garbage in another way where it has less than 8 MB to look at, which no
 * application but a benchmark has.
 */
export const ballast = Array.from({ length: 200_000 }, (_, index) => ({ index, text: `text ${index}` }));

/** Listens on a free port of the loopback address, and reports at once and whenever the parent asks. */
export async function listenAndReport(server: Server): Promise<void> {
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 });
  await once(server, 'listening');
  process.on('message', (question: ReportQuestion) => report(server, question));
  process.on('disconnect', () => process.exit());
  report(server, 'time');
}

function report(server: Server, question: ReportQuestion): void {
  if (question === 'memory') globalThis.gc!();
  const { port } = server.address() as AddressInfo;
  const { user, system } = process.cpuUsage();
  const memory = process.memoryUsage.rss();
  process.send?.({ port, cpuTime: user + system, memory } satisfies ServerReport);
}

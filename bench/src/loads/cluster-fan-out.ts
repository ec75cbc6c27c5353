import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { cpuTimeOf, type Timing } from '../measure.ts';
import type { ServerProcess } from '../server-process.ts';

export interface ClusterSettings {
  /** Clients on each node. */
  readonly subscribers: number;
  /** Messages published at once. */
  readonly burst: number;
  readonly byteLength: number;
}

/** The messages between a client and a server of its kind, over a plain WebSocket. */
export interface Dialect {
  readonly path: string;
  /** Sent first, after the server's first message; once `hello` is answered, the client is subscribed. */
  readonly hello?: string;
  format(text: string): string;
}

export interface ClusterResult {
  /** Deliveries per second, on both nodes together. */
  readonly rate: number;
  /** Microseconds of both nodes' CPU time per delivery. */
  readonly cpuPerDelivery: number;
}

async function subscribe(port: number, { path, hello }: Dialect): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { perMessageDeflate: false });
  if (hello === undefined) {
    await once(socket, 'open');
    return socket;
  }
  await once(socket, 'message');
  socket.send(hello);
  await once(socket, 'message');
  return socket;
}

/** One client publishes; when all clients on both nodes have received everything, it publishes again. */
export async function measureCluster(
  nodes: readonly ServerProcess[],
  dialect: Dialect,
  { settings, timing }: { readonly settings: ClusterSettings; readonly timing: Timing },
): Promise<ClusterResult> {
  const { subscribers, burst, byteLength } = settings;
  const sockets: WebSocket[] = [];
  for (const { port } of nodes) {
    sockets.push(...(await Promise.all(Array.from({ length: subscribers }, () => subscribe(port, dialect)))));
  }
  // In some dialects, subscribing has no answer.
  await delay(500);
  const frame = dialect.format('x'.repeat(byteLength));
  const perBurst = burst * sockets.length;
  let delivered = 0;
  const publish = (): void => {
    for (let count = 0; count < burst; count++) sockets[0]!.send(frame);
  };
  for (const socket of sockets) {
    socket.on('message', (data: Buffer) => {
      if (data.length !== frame.length) return;
      if (++delivered % perBurst === 0) publish();
    });
  }
  publish();
  await delay(timing.warmUp);
  const [cpuBefore, countBefore, start] = [await cpuTimeOf(nodes), delivered, performance.now()];
  await delay(timing.measured);
  const seconds = (performance.now() - start) / 1_000;
  const count = delivered - countBefore;
  const cpuPerDelivery = ((await cpuTimeOf(nodes)) - cpuBefore) / count;
  for (const socket of sockets) socket.terminate();
  return { rate: count / seconds, cpuPerDelivery };
}

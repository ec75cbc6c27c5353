// The server under abuse: routes that the parent defines, on plain node:http or, with a certificate, node:https.
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { getHeapStatistics } from 'node:v8';
import { prepareMessage, type ErrorPhase, type WebSocket } from '@turnout/core';
import { createRouter, type AppOptions, type RouteOptions } from '@turnout/router';
import { answerParent, leaveParent } from './answer-parent.ts';
import { behaviours, gate, type Behaviour, type RouteRecord } from './behaviours.ts';
import { countResources, countTurns, measurements, recordFaults, type Gauges } from './measurements.ts';

export interface ServerSettings {
  readonly app?: AppOptions;
  readonly routes?: Readonly<Record<string, RouteOptions & { readonly behaviour: Behaviour }>>;
  /** Paths of the files of a TLS server. */
  readonly tls?: { readonly key: string; readonly cert: string; readonly maxVersion?: 'TLSv1.2' };
}

/** How a socket ended, as its application saw it. */
export interface Ending {
  readonly path: string;
  readonly code: number;
  readonly reason: string;
}

/** The errors passed to the error hook. */
export interface Report {
  readonly path: string;
  readonly phase: ErrorPhase;
  readonly message: string;
}

const settings = JSON.parse(process.argv[2] ?? '{}', (_name, value: unknown) =>
  value === 'Infinity' ? Infinity : value,
) as ServerSettings;

const faults = recordFaults();
const endings: Ending[] = [];
const reports: Report[] = [];
const records = new Map<string, RouteRecord>();
const sockets = new Map<WebSocket, { readonly path: string; bytesRead(): number }>();

const router = createRouter({
  ...settings.app,
  onError: (error, { phase, request }) =>
    reports.push({ path: request.url!, phase, message: (error as Error).message }),
});
router.get('/', (_request, response) => void response.end('page'));
for (const [path, { behaviour, ...options }] of Object.entries({
  '/echo': { behaviour: 'echo' as const },
  '/bystander': { behaviour: 'echo' as const, pingInterval: Infinity },
  ...settings.routes,
})) {
  const record: RouteRecord = { received: 0, mostAtOnce: 0, isInOrder: true, events: [] };
  records.set(path, record);
  router.ws(path, options, (socket, { socket: tcp }) => {
    sockets.set(socket, { path, bytesRead: () => tcp.bytesRead });
    void socket.closed.then(({ code, reason }) => {
      sockets.delete(socket);
      endings.push({ path, code, reason });
    });
    return (behaviours[behaviour] as (socket: WebSocket, record: RouteRecord) => unknown)(socket, record);
  });
}
// Middleware that waits for the parent.
router.ws(
  '/pending',
  (_request, _response, next) => void passGate(next),
  (socket) => behaviours.echo(socket),
);

async function passGate(next: () => void): Promise<void> {
  await gate.pass();
  next();
}

function at(path: string): WebSocket[] {
  return [...sockets].filter(([, { path: own }]) => own === path).map(([socket]) => socket);
}

const server = createHttpServer();
router.attach(server);

function createHttpServer(): Server {
  const { tls } = settings;
  if (tls === undefined) return createServer();
  const throwing = (): never => {
    throw new Error('Broken');
  };
  const credentials = { key: readFileSync(tls.key), cert: readFileSync(tls.cert) };
  return createSecureServer({
    ...credentials,
    ...(tls.maxVersion && { maxVersion: tls.maxVersion }),
    ALPNCallback: ({ servername }) => (servername === 'alpn.test' ? throwing() : 'http/1.1'),
    SNICallback: (name, callback) => {
      if (name === 'sni-throws.test') throwing();
      callback(name === 'sni.test' ? new Error('Broken') : null);
    },
  });
}

async function gauges(): Promise<Gauges> {
  const connections = await new Promise<number>((resolve, reject) => {
    server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
  });
  return { sockets: router.sockets.size, pending: gate.waiting, connections, resources: countResources() };
}

/**
 * Sends to all sockets at `path`, waiting for slow ones, and to those at `others`. Returns the maximum of unsent bytes
 * of one of these.
 */
async function broadcast({ path, others, count, length }: BroadcastSettings): Promise<number> {
  const data = Buffer.alloc(length);
  let mostBuffered = 0;
  for (let index = 0; index < count; index++) {
    const message = prepareMessage(data);
    const slow: Promise<void>[] = [];
    for (const socket of at(path)) {
      if (!socket.send(message)) slow.push(new Promise((resolve) => socket.once('drain', () => resolve())));
    }
    for (const socket of at(others)) {
      socket.send(message);
      mostBuffered = Math.max(mostBuffered, socket.bufferedAmount);
    }
    await Promise.all(slow);
  }
  return mostBuffered;
}

export interface SendSettings {
  readonly path: string;
  readonly count: number;
  readonly length: number;
}

export interface BroadcastSettings {
  readonly path: string;
  readonly others: string;
  readonly count: number;
  readonly length: number;
}

const kept: unknown[] = [];

answerParent({
  address: () => (server.address() as AddressInfo).port,
  ...measurements,
  gauges,
  faults: () => faults,
  turns: countTurns,
  endings: () => endings.splice(0),
  reports: () => reports.splice(0),
  record: (path: string) => records.get(path),
  buffered: (path: string) => at(path).map(({ bufferedAmount }) => bufferedAmount),
  bytesRead: (path: string) => at(path).map((socket) => sockets.get(socket)!.bytesRead()),
  count: (path: string) => at(path).length,
  broadcast,
  /** Sends to all sockets at a path, without waiting. */
  sendAll({ path, count, length }: SendSettings) {
    const message = prepareMessage(Buffer.alloc(length));
    for (let index = 0; index < count; index++) for (const socket of at(path)) socket.send(message);
  },
  close: (path: string) => at(path).forEach((socket) => socket.close(1000)),
  openGate: () => gate.open(),
  shutGate: () => gate.shut(),
  /** Blocks the event loop. */
  block: (milliseconds: number) => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds),
  /** Lets time pass, in which something must not happen. */
  rest: (milliseconds: number) => setTimeout(milliseconds),
  /** As if the system clock had been set. */
  jump(milliseconds: number) {
    const { now } = Date;
    Date.now = () => now() + milliseconds;
  },
  /** Fills the heap up to a share of V8's limit minus 48 MiB, its space for young objects. */
  fillHeap(share: number) {
    const limit = (getHeapStatistics().heap_size_limit - 48 * 1024 * 1024) * share;
    while (getHeapStatistics().used_heap_size < limit) {
      kept.push(Array.from({ length: 2_000 }, (_, index) => ({ index })));
    }
  },
  emptyHeap() {
    kept.length = 0;
    globalThis.gc!();
  },
  /** Closes everything; the process must end by itself. */
  async leave() {
    const closed = router.close({ timeout: 1_000 });
    server.close();
    await closed;
    server.closeIdleConnections();
    setImmediate(leaveParent);
  },
});
server.listen(0, '127.0.0.1', () => process.send!('listening'));

import { setTimeout as delay } from 'node:timers/promises';
import { EchoConnection } from './echo-connection.ts';
import type { EchoTraffic } from './echo-connection.ts';
import { maskedTextFrame, plainTextFrame } from './masked-frame.ts';
import type { ServerProcess } from './server-process.ts';

export interface EchoScenario {
  readonly title: string;
  readonly connections: number;
  /** Messages on their way at a time, on each connection. */
  readonly inFlight: number;
  /** The payload of one message, in bytes. */
  readonly byteLength: number;
}

export interface EchoTiming {
  readonly warmUp: number;
  readonly measured: number;
}

export interface EchoResult {
  /** Messages that came back in a second, over all connections. */
  readonly rate: number;
  /** Microseconds of the server's processor time a message. */
  readonly cpuPerMessage: number;
  /** The part of one processor that the server was busy; near 1, the server is what limits the rate. */
  readonly serverLoad: number;
}

/** Echoes as fast as the server gives back, for the measured milliseconds after the warm-up. */
export async function measureEcho(
  server: ServerProcess,
  protocol: 'websocket' | 'raw',
  scenario: EchoScenario,
  timing: EchoTiming,
): Promise<EchoResult> {
  const traffic = echoTraffic(protocol, scenario);
  const connections = await Promise.all(
    Array.from({ length: scenario.connections }, () =>
      protocol === 'raw'
        ? EchoConnection.openRaw(server.port, traffic)
        : EchoConnection.openWebSocket(server.port, traffic),
    ),
  );
  try {
    return await Promise.race([failure(connections), rateOf(server, connections, timing)]);
  } finally {
    for (const connection of connections) connection.stop();
  }
}

/** Starts the load; rejects with the first fault and else never settles. */
function failure(connections: readonly EchoConnection[]): Promise<never> {
  return new Promise((_resolve, reject) => {
    for (const connection of connections) connection.start(reject);
  });
}

async function rateOf(
  server: ServerProcess,
  connections: readonly EchoConnection[],
  { warmUp, measured }: EchoTiming,
): Promise<EchoResult> {
  await delay(warmUp);
  const cpuBefore = await server.cpuTime();
  const countBefore = replyCount(connections);
  const start = process.hrtime.bigint();
  await delay(measured);
  const cpuTime = (await server.cpuTime()) - cpuBefore;
  const count = replyCount(connections) - countBefore;
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  return { rate: count / seconds, cpuPerMessage: cpuTime / count, serverLoad: cpuTime / 1e6 / seconds };
}

function replyCount(connections: readonly EchoConnection[]): number {
  return connections.reduce((sum, connection) => sum + connection.replyCount, 0);
}

function echoTraffic(protocol: 'websocket' | 'raw', { byteLength, inFlight }: EchoScenario): EchoTraffic {
  const payload = Buffer.from(JSON.stringify({ type: 'vote', data: 'x'.repeat(byteLength) }).slice(0, byteLength));
  const request = maskedTextFrame(payload);
  return { request, reply: protocol === 'raw' ? request : plainTextFrame(payload), inFlight };
}

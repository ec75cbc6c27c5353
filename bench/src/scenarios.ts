import { measureConnect, measureIdle } from './loads/connect.ts';
import { measureEcho, type EchoSettings } from './loads/echo.ts';
import { measureFanOut, measureOpenLoop } from './loads/fan-out.ts';
import type { Result, Timing } from './measure.ts';
import type { PeerName } from './peers.ts';
import type { ServerProcess } from './server-process.ts';

export interface Scenario {
  readonly name: string;
  readonly title: string;
  readonly unit: string;
  /** The others are compared with the first. */
  readonly peers: readonly PeerName[];
  /** The goal for Turnout, as a ratio to the first peer or in the unit. */
  readonly goal: string;
  /** Whether each round needs a fresh process. */
  readonly isFresh?: boolean;
  readonly measure: (server: ServerProcess, peer: PeerName, timing: Timing) => Promise<Result>;
}

const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;

function formatBytes(byteLength: number): string {
  if (byteLength >= mebibyte) return `${byteLength / mebibyte} MiB`;
  return byteLength >= kibibyte ? `${byteLength / kibibyte} KiB` : `${byteLength} B`;
}

interface EchoScenario {
  readonly name: string;
  readonly title: string;
  readonly byteLength: number;
  readonly goal: string;
  readonly settings: Partial<EchoSettings>;
  readonly peers?: readonly PeerName[];
  /** Earlier work determines how V8 collects long buffers, which makes a factor of 3 even for plain TCP. */
  readonly isFresh?: boolean;
}

function echo({
  name,
  title,
  byteLength,
  goal,
  settings,
  isFresh = false,
  peers = ['ws', 'turnout', 'raw-tcp'],
}: EchoScenario): Scenario {
  return {
    name: `${name}-${formatBytes(byteLength).replace(' ', '')}`,
    title: `${title}, ${formatBytes(byteLength)}`,
    unit: 'messages/s',
    peers,
    goal,
    isFresh,
    measure: (server, peer, timing) => {
      const path = peer === 'raw-tcp' ? undefined : (settings.path ?? '/echo');
      return measureEcho(server, { connections: 64, inFlight: 16, ...settings, byteLength, path }, timing);
    },
  };
}

interface FanOutScenario {
  readonly name: string;
  readonly burst: number;
  readonly goal: string;
  /** Whether Turnout publishes to a topic, with all of a topic's work. */
  readonly isTopic?: boolean;
}

function fanOut({ name, burst, goal, isTopic = false }: FanOutScenario): Scenario {
  const how = burst === 1 ? 'one at a time' : `in bursts of ${burst}`;
  return {
    name,
    title: `one frame of 64 B to 1,000 sockets, ${how}${isTopic ? ', by hub.topic().publish()' : ''}`,
    unit: 'deliveries/s',
    peers: ['ws', 'turnout'],
    goal,
    measure: (server, peer, timing) => {
      const path = isTopic && peer === 'turnout' ? '/topic' : '/fanout';
      return measureFanOut(server, { connections: 1_000, burst, byteLength: 64, path }, timing);
    },
  };
}

const pipelined: [number, string, string][] = [
  [16, '≥ 6×', '≥ 3×'],
  [128, '≥ 5×', '≥ 3×'],
  [kibibyte, '≥ 3.5×', '≥ 3×'],
];

/** In the order of the table. */
export const scenarios: readonly Scenario[] = [
  ...pipelined.map(([byteLength, goal]) =>
    echo({ name: 'echo', title: 'echo of binary messages, 16 in flight', byteLength, goal, settings: {} }),
  ),
  ...pipelined.map(([byteLength, goal]) =>
    echo({
      name: 'text',
      title: 'echo of text as Buffers, 16 in flight',
      byteLength,
      goal,
      settings: { isText: true },
      peers: ['ws', 'turnout'],
    }),
  ),
  ...pipelined.map(([byteLength, , goal]) =>
    echo({
      name: 'strings',
      title: 'echo of strings by for await, 16 in flight',
      byteLength,
      goal,
      settings: { path: '/strings', isText: true },
      peers: ['ws', 'turnout'],
    }),
  ),
  ...[128, kibibyte].map((byteLength) =>
    echo({
      name: 'single',
      title: 'echo, one in flight',
      byteLength,
      goal: '≥ 1.0×, and ≥ 0.8 of raw-tcp',
      settings: { inFlight: 1 },
    }),
  ),
  ...[kibibyte, 16 * kibibyte, 64 * kibibyte].map((byteLength) =>
    echo({
      name: 'js',
      title: 'echo without a native addon, 4 in flight',
      byteLength,
      goal: '≥ 2×',
      settings: { connections: 16, inFlight: 4 },
      peers: ['ws-js'],
    }),
  ),
  ...[64 * kibibyte, mebibyte, 16 * mebibyte].map((byteLength) =>
    echo({
      name: 'bulk',
      title: 'echo of long messages',
      byteLength,
      goal: '≥ 1.0×',
      settings: { connections: byteLength > mebibyte ? 1 : 8, inFlight: 1 },
      isFresh: true,
    }),
  ),
  ...[16, 1].map((inFlight) =>
    echo({
      name: `deflate-${inFlight}`,
      title: `echo with permessage-deflate, ${inFlight} in flight`,
      byteLength: kibibyte,
      goal: inFlight === 1 ? '≥ 1.5×' : '≥ 2×',
      settings: { path: '/deflate', inFlight, isDeflated: true },
      peers: ['ws', 'turnout'],
    }),
  ),
  fanOut({ name: 'fan-out', burst: 1, goal: '≥ 1.15×' }),
  fanOut({ name: 'fan-out-16', burst: 16, goal: '≥ 10×' }),
  fanOut({ name: 'topic', burst: 1, goal: '≥ 1.15×', isTopic: true }),
  fanOut({ name: 'topic-16', burst: 16, goal: '≥ 10×', isTopic: true }),
  {
    name: 'open-loop',
    title: '100 messages/s to 1,000 sockets, whether the server keeps up or not: 99th percentile',
    unit: 'ms',
    peers: ['ws', 'turnout'],
    goal: '≤ 25 ms',
    measure: (server, _peer, timing) =>
      measureOpenLoop(server, { connections: 1_000, rate: 100, byteLength: 64 }, timing),
  },
  {
    name: 'connect',
    title: 'connect and close',
    unit: 'connections/s',
    peers: ['ws', 'express-ws', 'turnout'],
    goal: '≥ 1.2×, and ≥ 2× express-ws',
    measure: (server, _peer, timing) => measureConnect(server, 32, timing),
  },
  {
    name: 'idle',
    title: 'memory of an idle connection, of 10,000',
    unit: 'KiB',
    peers: ['ws', 'express-ws', 'turnout'],
    goal: '≤ 6.0 KiB',
    isFresh: true,
    measure: (server) => measureIdle(server, { connections: 10_000, path: '/echo' }),
  },
  {
    name: 'idle-deflate',
    title: 'memory of an idle connection that has agreed on permessage-deflate, of 10,000',
    unit: 'KiB',
    peers: ['ws', 'turnout'],
    goal: '≤ 20 KiB',
    isFresh: true,
    measure: (server) =>
      measureIdle(server, {
        connections: 10_000,
        path: '/deflate',
        headers: ['Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits'],
      }),
  },
];

import type { NodesWanted } from './cluster-nodes.ts';
import type { Column } from './cluster-table.ts';
import { measureCluster, type ClusterResult, type Dialect } from './loads/cluster-fan-out.ts';
import { measureRoomJoins, measureTopicJoins, type JoinResult } from './loads/cluster-joins.ts';
import { measureRoom, type BurstResult } from './loads/cluster-room.ts';
import type { Timing } from './measure.ts';
import type { ServerProcess } from './server-process.ts';
import type { TopicKind } from './topic-kind.ts';

/** The sizes of the scenarios. */
export interface ClusterSizes {
  /** Sockets on each of the two processes that are compared with Socket.IO. */
  readonly sockets: number;
  /** People in one room, on all its nodes together. */
  readonly people: number;
  readonly topics: number;
  /** In ms, within which a room fills. */
  readonly fillTime: number;
}

interface Peer<Result> {
  readonly name: string;
  readonly nodes: NodesWanted;
  readonly measure: (nodes: readonly ServerProcess[], timing: Timing) => Promise<Result>;
}

export interface ClusterScenario {
  readonly name: string;
  readonly title: string;
  readonly columns: readonly Column[];
  /** The others are compared with the first. Each returns a value for each column. */
  readonly peers: readonly Peer<readonly number[]>[];
}

interface Metric<Result> extends Column {
  readonly of: (result: Result) => number;
}

/** The scenarios in the order of the tables. */
export function clusterScenarios(sizes: ClusterSizes): ClusterScenario[] {
  return [
    ...[1, 16].map((burst) => fanOut(sizes, burst)),
    ...(['memory', 'redis', 'nats'] as const).map((broker) => room(sizes, broker)),
    joins({
      name: 'join-topics',
      title: `joining ${formatCount(sizes.topics)} topics that do not exist yet, 100 on each socket`,
      metrics: joinMetrics,
      measure: (node, kind) => measureTopicJoins(node, { kind, topics: sizes.topics }),
    }),
    joins({
      name: 'join-room',
      title: `${formatCount(sizes.people)} sockets that join one topic at once`,
      metrics: joinMetrics,
      measure: (node, kind) => measureRoomJoins(node, { kind, people: sizes.people, within: 0 }),
    }),
    joins({
      name: 'fill-room',
      title: `${formatCount(sizes.people)} sockets that join one topic within ${sizes.fillTime} ms`,
      metrics: fillMetrics,
      measure: (node, kind) => measureRoomJoins(node, { kind, people: sizes.people, within: sizes.fillTime }),
    }),
  ];
}

function define<Result>({
  name,
  title,
  metrics,
  peers,
}: {
  readonly name: string;
  readonly title: string;
  readonly metrics: readonly Metric<Result>[];
  readonly peers: readonly Peer<Result>[];
}): ClusterScenario {
  return {
    name,
    title,
    columns: metrics,
    peers: peers.map((peer) => ({
      ...peer,
      measure: async (nodes, timing) => {
        const result = await peer.measure(nodes, timing);
        return metrics.map(({ of }) => of(result));
      },
    })),
  };
}

function formatCount(count: number): string {
  return count.toLocaleString('en');
}

const plainText: Dialect = { path: '/', format: (text) => text };
const socketIo: Dialect = {
  path: '/socket.io/?EIO=4&transport=websocket',
  hello: '40',
  format: (text) => `42${JSON.stringify(['m', text])}`,
};

const fanOutPeers = [
  { name: 'Socket.IO, Redis adapter', script: 'cluster-socket-io', broker: 'redis', dialect: socketIo },
  { name: 'Turnout, Redis', script: 'cluster-turnout', broker: 'redis', dialect: plainText },
  { name: 'Turnout, NATS', script: 'cluster-turnout', broker: 'nats', dialect: plainText },
] as const;

function fanOut({ sockets }: ClusterSizes, burst: number): ClusterScenario {
  return define<ClusterResult>({
    name: `fan-out-${burst}`,
    title: `64 B to ${sockets} sockets on each of two processes, in bursts of ${burst}`,
    metrics: [
      { head: 'deliveries/s', of: ({ rate }) => rate, digits: 0, ratio: { head: '× Socket.IO', better: 'more' } },
      {
        head: 'CPU of both, µs a delivery',
        of: ({ cpuPerDelivery }) => cpuPerDelivery,
        digits: 2,
        ratio: { head: '× Socket.IO, by CPU', better: 'less' },
      },
    ],
    peers: fanOutPeers.map(({ name, script, broker, dialect }) => ({
      name,
      nodes: { script, broker, count: 2 },
      measure: (nodes, timing) =>
        measureCluster(nodes, dialect, { settings: { subscribers: sockets, burst, byteLength: 64 }, timing }),
    })),
  });
}

type RoomBroker = 'memory' | 'redis' | 'nats';

const roomNodes: Readonly<Record<RoomBroker, { readonly title: string; readonly nodes: NodesWanted }>> = {
  memory: { title: 'one process', nodes: { script: 'cluster-topics', count: 1 } },
  redis: { title: 'two processes by Redis', nodes: { script: 'cluster-topics', broker: 'redis', count: 2 } },
  // Histories need JetStream.
  nats: { title: 'two processes by NATS', nodes: { script: 'cluster-topics', broker: 'jetstream', count: 2 } },
};

/** With presence only, with history only, with both, and with neither. */
const roomKinds: readonly { readonly name: string; readonly kind: TopicKind }[] = [
  { name: 'plain', kind: 'plain' },
  { name: 'history', kind: 'history' },
  { name: 'presence', kind: 'presence' },
  { name: 'presence and history', kind: 'both' },
];

const bursts = [1, 16] as const;

function room({ people }: ClusterSizes, broker: RoomBroker): ClusterScenario {
  const { title, nodes } = roomNodes[broker];
  return define<BurstResult[]>({
    name: `room-${broker}`,
    title: `64 B to ${formatCount(people)} subscribers of one topic, on ${title}, in bursts of ${bursts.join(' and of ')}`,
    metrics: bursts.flatMap((burst, index) => burstMetrics(burst, (results) => results[index])),
    peers: roomKinds.map(({ name, kind }) => ({
      name,
      nodes,
      measure: (processes, timing) => measureRoom(processes, { kind, people, byteLength: 64 }, { bursts, timing }),
    })),
  });
}

function burstMetrics(
  burst: number,
  pick: (results: readonly BurstResult[]) => BurstResult | undefined,
): Metric<BurstResult[]>[] {
  const metric = (key: keyof BurstResult): ((results: readonly BurstResult[]) => number) => {
    return (results) => pick(results)?.[key] ?? Number.NaN;
  };
  return [
    { head: `${burst}: deliveries/s`, of: metric('rate'), digits: 0, ratio: { head: '× plain', better: 'more' } },
    { head: 'p99, ms', of: metric('p99'), digits: 1, ratio: { head: '× plain', better: 'less' } },
    { head: 'CPU, µs a delivery', of: metric('cpu'), digits: 2, ratio: { head: '× plain', better: 'less' } },
  ];
}

const stall: Metric<JoinResult> = { head: 'longest stall, ms', of: (result) => result.stall, digits: 0 };

const joinMetrics: readonly Metric<JoinResult>[] = [
  { head: 'joins/s', of: ({ rate }) => rate, digits: 0, ratio: { head: '× memory', better: 'more' } },
  stall,
];

const fillMetrics: readonly Metric<JoinResult>[] = [
  { head: 'all receive after, s', of: ({ time }) => time, digits: 2, ratio: { head: '× memory', better: 'less' } },
  stall,
];

const joinPeers: readonly { readonly name: string; readonly broker: RoomBroker; readonly kind: TopicKind }[] = [
  { name: 'memory', broker: 'memory', kind: 'plain' },
  { name: 'Redis', broker: 'redis', kind: 'plain' },
  { name: 'NATS', broker: 'nats', kind: 'plain' },
  { name: 'memory, presence', broker: 'memory', kind: 'presence' },
  { name: 'Redis, presence', broker: 'redis', kind: 'presence' },
  { name: 'NATS, presence', broker: 'nats', kind: 'presence' },
];

interface Joins {
  readonly name: string;
  readonly title: string;
  readonly metrics: readonly Metric<JoinResult>[];
  readonly measure: (node: ServerProcess, kind: TopicKind) => Promise<JoinResult>;
}

/** On one node, until all receive. */
function joins({ name, title, metrics, measure }: Joins): ClusterScenario {
  return define<JoinResult>({
    name,
    title: `${title}, until all have received a probe`,
    metrics,
    peers: joinPeers.map((peer) => ({
      name: peer.name,
      nodes: { ...roomNodes[peer.broker].nodes, count: 1 },
      measure: ([node]) => {
        if (node === undefined) throw new Error('Missing node: expected one');
        return measure(node, peer.kind);
      },
    })),
  });
}

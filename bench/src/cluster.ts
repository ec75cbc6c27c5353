// pnpm bench:cluster: fan-out over two processes, by Redis and NATS, beside Socket.IO with its Redis adapter.
import { BrokerServer } from './broker-server.ts';
import { measureCluster, type ClusterResult, type Dialect } from './loads/cluster-fan-out.ts';
import { median } from './median.ts';
import { ServerProcess } from './server-process.ts';

const plain: Dialect = { path: '/', format: (text) => text };
const socketIo: Dialect = {
  path: '/socket.io/?EIO=4&transport=websocket',
  hello: '40',
  format: (text) => `42${JSON.stringify(['m', text])}`,
};

/** The first is what the others are compared with. */
const peers = [
  { name: 'Socket.IO, Redis adapter', script: 'cluster-socket-io', broker: 'redis', dialect: socketIo },
  { name: 'Turnout, Redis', script: 'cluster-turnout', broker: 'redis', dialect: plain },
  { name: 'Turnout, NATS', script: 'cluster-turnout', broker: 'nats', dialect: plain },
] as const;

const isQuick = process.argv.includes('--quick');
const roundCount = isQuick ? 1 : 5;
const timing = isQuick ? { warmUp: 200, measured: 500 } : { warmUp: 500, measured: 2_000 };

const brokers = { redis: await BrokerServer.start('redis'), nats: await BrokerServer.start('nats') };
const nodes = await Promise.all(
  peers.map(({ script, broker }) =>
    Promise.all([1, 2].map(() => ServerProcess.start(script, {}, [broker, String(brokers[broker].port)]))),
  ),
);

/** Peers take turns within each round, in reverse order every other round. */
async function measureBurst(burst: number): Promise<ClusterResult[][]> {
  const settings = { subscribers: 250, burst, byteLength: 64 };
  const results: ClusterResult[][] = peers.map(() => []);
  const order = [...peers.keys()];
  for (let round = 0; round < roundCount; round++) {
    for (const index of round % 2 === 0 ? order : order.toReversed()) {
      console.error(`bursts of ${burst}: round ${round + 1} of ${roundCount}, ${peers[index]!.name}`);
      results[index]!.push(await measureCluster(nodes[index]!, peers[index]!.dialect, { settings, timing }));
    }
  }
  return results;
}

function printTable(burst: number, results: readonly ClusterResult[][]): void {
  console.log(`\n### 64 B to 250 sockets on each of two processes, in bursts of ${burst}\n`);
  console.log(
    '| | deliveries/s | × Socket.IO | CPU of both, µs a delivery | × Socket.IO, by CPU |\n|---|---|---|---|---|',
  );
  for (const [index, { name }] of peers.entries()) {
    const own = results[index]!;
    const ratio = median(own.map(({ rate }, round) => rate / results[0]![round]!.rate));
    const byCpu = median(own.map(({ cpuPerDelivery }, round) => results[0]![round]!.cpuPerDelivery / cpuPerDelivery));
    const rate = Math.round(median(own.map((result) => result.rate))).toLocaleString('en');
    const cpu = median(own.map(({ cpuPerDelivery }) => cpuPerDelivery)).toFixed(2);
    console.log(`| ${name} | ${rate} | ${ratio.toFixed(2)} | ${cpu} | ${byCpu.toFixed(2)} |`);
  }
}

try {
  for (const burst of [1, 16]) printTable(burst, await measureBurst(burst));
} finally {
  for (const pair of nodes) for (const node of pair) await node.stop();
  await brokers.redis.stop();
  await brokers.nats.stop();
}

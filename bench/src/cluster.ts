// pnpm bench:cluster [--quick] [--only=SCENARIO,…]: topics on one process and on several; see the README.
import { parseArgs } from 'node:util';
import { ClusterNodes } from './cluster-nodes.ts';
import { clusterScenarios, type ClusterScenario } from './cluster-scenarios.ts';
import { formatClusterTable } from './cluster-table.ts';
import { choose, takeTurns } from './rounds.ts';

const { values: options } = parseArgs({
  args: process.argv.slice(2).filter((parameter) => parameter !== '--'),
  options: { quick: { type: 'boolean', default: false }, only: { type: 'string' } },
});

const roundCount = options.quick ? 1 : 5;
const timing = options.quick ? { warmUp: 200, measured: 500 } : { warmUp: 500, measured: 2_000 };
const sizes = options.quick
  ? { sockets: 250, people: 1_000, topics: 2_000, fillTime: 100 }
  : { sockets: 250, people: 10_000, topics: 20_000, fillTime: 1_000 };
const chosen = choose(clusterScenarios(sizes), options.only);
const nodes = new ClusterNodes();

async function measureTable({ name, columns, peers }: ClusterScenario): Promise<string> {
  const rounds = await takeTurns(peers, roundCount, async (peer, round) => {
    console.error(`${name}: round ${round + 1} of ${roundCount}, ${peer.name}`);
    return peer.measure(await nodes.get(peer.nodes), timing);
  });
  return formatClusterTable(
    columns,
    peers.map((peer, index) => ({ name: peer.name, rounds: rounds[index] ?? [] })),
  );
}

try {
  for (const scenario of chosen) console.log(`\n### ${scenario.title}\n\n${await measureTable(scenario)}`);
} finally {
  await nodes.stop();
}

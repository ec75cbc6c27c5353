// pnpm bench [--quick] [--json] [--only=SCENARIO,…]: see the README.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import type { Result, Timing } from './measure.ts';
import { peers, type Peer, type PeerName } from './peers.ts';
import { choose, takeTurns } from './rounds.ts';
import { scenarios, type Scenario } from './scenarios.ts';
import { ServerProcess } from './server-process.ts';
import { formatTable, summarize, type PeerSummary } from './summary.ts';

const { values: options } = parseArgs({
  args: process.argv.slice(2).filter((parameter) => parameter !== '--'),
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    only: { type: 'string' },
  },
});

const roundCount = options.quick ? 3 : 5;
const timing: Timing = options.quick ? { warmUp: 200, measured: 300 } : { warmUp: 500, measured: 1_500 };
const chosen = choose(scenarios, options.only);

/** Servers by name, started when first needed: they keep running, so that optimized code is measured. */
const servers = new Map<PeerName, ServerProcess>();

function start(name: PeerName): Promise<ServerProcess> {
  const { script, env }: Peer = peers[name];
  return ServerProcess.start(script, env);
}

async function measure(scenario: Scenario, peer: PeerName): Promise<Result> {
  const server = (scenario.isFresh ? undefined : servers.get(peer)) ?? (await start(peer));
  if (!scenario.isFresh) servers.set(peer, server);
  try {
    return await scenario.measure(server, peer, timing);
  } finally {
    if (scenario.isFresh) await server.stop();
  }
}

async function runScenario(scenario: Scenario): Promise<Record<string, Result[]>> {
  const rounds = await takeTurns(scenario.peers, roundCount, (peer, round) => {
    console.error(`${scenario.name}: round ${round + 1} of ${roundCount}, ${peer}`);
    return measure(scenario, peer);
  });
  return Object.fromEntries(scenario.peers.map((peer, index) => [peer, rounds[index] ?? []]));
}

function versionOf(name: string): string {
  const path = createRequire(import.meta.url).resolve(`${name}/package.json`);
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
}

interface Report {
  readonly scenario: Omit<Scenario, 'measure'>;
  readonly summaries: PeerSummary[];
  readonly rounds: Record<string, Result[]>;
}

const report: Report[] = [];
try {
  for (const scenario of chosen) {
    const rounds = await runScenario(scenario);
    report.push({ scenario, summaries: summarize(rounds), rounds });
  }
} finally {
  for (const server of servers.values()) await server.stop();
}

const machine = { node: process.version, processor: cpus()[0]?.model.trim(), processors: cpus().length };
const versions = Object.fromEntries(
  ['ws', 'bufferutil', 'express-ws', 'express'].map((name) => [name, versionOf(name)]),
);
if (options.json) {
  console.log(JSON.stringify({ date: new Date().toISOString(), machine, versions, timing, report }, null, 2));
} else {
  const list = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  console.log(`Node.js ${machine.node}, ${machine.processors} × ${machine.processor}; ${list.join(', ')}`);
  console.log(`Medians of ${roundCount} rounds of ${timing.measured} ms.`);
  for (const { scenario, summaries } of report) {
    console.log(`\n### ${scenario.title}\n\nWanted: ${scenario.goal}\n\n${formatTable(summaries, scenario.unit)}`);
  }
}

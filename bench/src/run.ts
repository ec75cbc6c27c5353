// pnpm bench [--quick] [--json] [--only=NAME,…]: see the README.
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { measureEcho } from './measure-echo.ts';
import type { EchoResult, EchoScenario, EchoTiming } from './measure-echo.ts';
import { ServerProcess } from './server-process.ts';
import { formatTable, summarize } from './summary.ts';
import type { PeerSummary } from './summary.ts';

const peers = [
  { name: 'raw-tcp', protocol: 'raw' },
  { name: 'ws', protocol: 'websocket' },
  { name: 'turnout', protocol: 'websocket' },
] as const;

const references = ['ws', 'raw-tcp'];

const scenarios: readonly EchoScenario[] = [
  { title: 'echo, 64 connections, 16 in flight, 128 B', connections: 64, inFlight: 16, byteLength: 128 },
  { title: 'echo, 64 connections, 1 in flight, 128 B', connections: 64, inFlight: 1, byteLength: 128 },
];

const { values: options } = parseArgs({
  args: process.argv.slice(2).filter((parameter) => parameter !== '--'),
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    only: { type: 'string' },
  },
});

const roundCount = options.quick ? 3 : 7;
const timing: EchoTiming = options.quick ? { warmUp: 200, measured: 500 } : { warmUp: 500, measured: 2000 };
const chosen = peers.filter(({ name }) => options.only?.split(',').includes(name) ?? true);
if (chosen.length === 0)
  throw new Error(`No such peer: got ${options.only}, there are ${peers.map((p) => p.name).join(', ')}`);

type Servers = ReadonlyMap<string, ServerProcess>;

/** Measures every peer once a round; every other round in reverse, so that none always follows the same one. */
async function runScenario(scenario: EchoScenario, servers: Servers): Promise<Record<string, EchoResult[]>> {
  const results = Object.fromEntries(chosen.map(({ name }): [string, EchoResult[]] => [name, []]));
  for (let round = 0; round < roundCount; round += 1) {
    for (const { name, protocol } of round % 2 === 0 ? chosen : chosen.toReversed()) {
      const server = servers.get(name);
      if (server === undefined) continue;
      console.error(`${scenario.title}: round ${round + 1} of ${roundCount}, ${name}`);
      results[name]?.push(await measureEcho(server, protocol, scenario, timing));
    }
  }
  return results;
}

const servers = new Map<string, ServerProcess>();
const report: { scenario: EchoScenario; peers: PeerSummary[]; rounds: Record<string, EchoResult[]> }[] = [];
try {
  for (const { name } of chosen) servers.set(name, await ServerProcess.start(name));
  for (const scenario of scenarios) {
    const rounds = await runScenario(scenario, servers);
    report.push({ scenario, peers: summarize(rounds, references), rounds });
  }
} finally {
  for (const server of servers.values()) await server.stop();
}

const machine = { node: process.version, processor: cpus()[0]?.model.trim(), processors: cpus().length };
if (options.json) {
  console.log(JSON.stringify({ date: new Date().toISOString(), machine, timing, report }, null, 2));
} else {
  console.log(`\nNode.js ${machine.node}, ${machine.processors} × ${machine.processor}; ${roundCount} rounds, medians`);
  for (const { scenario, peers: summaries } of report) {
    console.log(`\n${scenario.title}\n${formatTable(summaries, references)}`);
  }
}

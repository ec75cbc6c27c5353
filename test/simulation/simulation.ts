import { createHash } from 'node:crypto';
import { checkHistory } from './checks/history.ts';
import { checkOutcomes, checkGaps, checkLosses } from './checks/losses.ts';
import { checkOrder, dataOf } from './checks/order.ts';
import { checkPresence } from './checks/presence.ts';
import { checkScores } from './checks/scores.ts';
import type { SeededEnvironment } from './seeded-environment.ts';
import { isAlive } from './stream.ts';
import { topicNames } from './topics.ts';
import { describe, World, type WorldParts } from './world.ts';
import { Workload } from './workload.ts';

export interface SimulationOptions {
  readonly environment: SeededEnvironment;
  readonly seed: number;
  readonly createBroker?: WorldParts['createBroker'];
  readonly createServer?: WorldParts['createServer'];
  readonly trace?: (text: string) => void;
}

export interface SimulationResult {
  readonly seed: number;
  /** Violated guarantees; empty if all is well. */
  readonly violations: readonly string[];
  /** The troubles of this run. */
  readonly trouble: string;
  /** A digest of everything that subscribers received: the same for the same seed. */
  readonly digest: string;
  readonly messages: number;
  /** Whether it finished; if not, this process cannot run another. */
  readonly isOver: boolean;
}

const [duration, quiet] = [12_000, 14_000];

/** Maximum of requests of all nodes in an idle second, which include beats and checks of histories. */
const maxIdleRequests = 400;

/** A run takes less than a tenth of this many. */
const maxSteps = 100_000;

/** Runs one seed. */
export async function simulate({
  environment,
  seed,
  createBroker,
  createServer,
  trace = () => {},
}: SimulationOptions): Promise<SimulationResult> {
  const clock = environment.begin(seed);
  const world = new World({
    clock,
    seed,
    nodeCount: 2 + (seed % 3),
    whenLost: seed % 5 === 0 ? 'fail' : 'deliver-locally',
    ...(createBroker && { createBroker }),
    ...(createServer && { createServer }),
    trace,
  });
  const workload = new Workload(world);
  const violations: string[] = [];
  const over = play(world, workload, violations).catch((error: unknown) => void violations.push(describe(error)));
  const isOver = await clock.runUntil(duration + 4 * quiet, maxSteps);
  if (isOver) await over;
  else violations.push(`the nodes never come to rest: ${maxSteps} steps in ${clock.now.toFixed()} ms`);
  violations.push(...world.problems, ...environment.uncaught.map((error) => `not caught: ${describe(error)}`));
  return {
    seed,
    violations: [...new Set(violations)],
    trouble: workload.trouble,
    digest: digestOf(world),
    messages: world.ledger.messages.length,
    isOver,
  };
}

async function play(world: World, workload: Workload, violations: string[]): Promise<void> {
  const { clock } = world;
  await workload.run(duration);
  // Last messages, whose loss no later message reveals.
  for (const node of world.upNodes.slice(-1)) for (const topic of topicNames) world.publish(node, topic);
  await clock.wait(20);
  world.heal();
  workload.calmDown();
  await clock.wait(quiet);
  await checkIdle(world, violations);
  check(world, violations, false);
  violations.push(...checkPresence(world), ...checkScores(world));
  for (const client of workload.clients) if (!client.isOpen) violations.push(`${client.name} is not open`);
  await probe(world, violations);
  check(world, violations, true);
  workload.end();
  await clock.wait(quiet);
  await Promise.all(world.upNodes.map((node) => node.close()));
  await clock.wait(2_000);
}

function check({ streams, ledger }: World, violations: string[], isProbed: boolean): void {
  violations.push(...checkOutcomes(ledger));
  for (const stream of streams) {
    const found = [
      ...checkOrder(stream, ledger.messages),
      ...checkHistory(stream, ledger),
      ...checkLosses(stream, ledger, isProbed),
      ...checkGaps(stream, ledger),
    ];
    violations.push(...found.map((text) => `${stream.name} ${text}`));
  }
}

async function checkIdle({ clock, server }: World, violations: string[]): Promise<void> {
  const before = server.requests;
  await clock.wait(1_000);
  const requests = server.requests - before;
  if (requests > maxIdleRequests) violations.push(`the nodes ask ${requests} times a second, though nothing happens`);
}

/** Every subscriber that received "subscribed" receives messages. */
async function probe(world: World, violations: string[]): Promise<void> {
  const probes = [];
  for (const topic of topicNames) {
    for (const node of world.upNodes) {
      probes.push(world.publish(node, topic));
      // oxlint-disable-next-line no-await-in-loop -- no burst
      await world.clock.wait(200);
    }
  }
  await world.clock.wait(2_000);
  const refused = probes.filter(({ outcome }) => outcome !== true);
  for (const { topic, node, outcome } of refused) violations.push(`${node} cannot publish on ${topic}: ${outcome}`);
  for (const stream of world.streams.filter(isAlive)) {
    const toldUntil = stream.events.findLast(({ type }) => type === 'gap')?.at ?? -1;
    const got = new Set(dataOf(stream).map(({ id }) => id));
    const missing = probes.filter(
      ({ topic, id, calledAt }) => topic === stream.topic && !got.has(id) && calledAt > toldUntil,
    );
    for (const { node } of missing) violations.push(`${stream.name} on ${stream.nodes.at(-1)} is deaf to ${node}`);
  }
}

function digestOf({ streams, ledger }: World): string {
  const told = streams.map(({ name, events, subscribedAt, endedAt }) => ({ name, events, subscribedAt, endedAt }));
  return createHash('sha1')
    .update(JSON.stringify({ told, messages: ledger.messages }))
    .digest('hex')
    .slice(0, 12);
}

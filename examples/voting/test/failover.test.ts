import { setTimeout as delay } from 'node:timers/promises';
import { connect } from '@turnout/core';
import type { RedisSettings } from '@turnout/example-host/redis';
import { startExample, type RunningExample } from '@turnout/example-host/testing';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { startRedis } from '../../../test/system-parts/daemon.ts';
import { askRedis, SentinelSite } from '../../../test/system-parts/redis-servers.ts';
import { requireSystemPart } from '../../../test/system-parts/system-part.ts';
import { redisStorage } from '../src/storage.ts';
import { createVotingApp } from '../src/voting-app.ts';
import { signIn } from './running-app.ts';
import { Voter } from './voter.ts';

const isMissing = requireSystemPart('redis-server') === undefined;
const voterCount = 30;
const ids = ['1', '2', '3', '4'];

/** Two nodes of the app, people who vote all the time on both, and two who only look on. */
class Election {
  readonly voters: Voter[] = [];
  readonly watchers: Voter[] = [];
  readonly #nodes: RunningExample[] = [];
  #isOver = false;
  #voting: Promise<unknown> | undefined;

  static async start(settings: RedisSettings): Promise<Election> {
    const election = new Election();
    for (let node = 0; node < 2; node++) {
      const app = await startExample(async () =>
        createVotingApp({ storage: await redisStorage(settings), voteRate: { burst: 1_000, perSecond: 1_000 } }),
      );
      election.#nodes.push(app);
      election.watchers.push(await election.#enter(`Watcher ${node}`, node));
    }
    for (let index = 0; index < voterCount; index++) {
      election.voters.push(await election.#enter(`Voter ${index}`, index % 2));
    }
    return election;
  }

  get acknowledged(): number {
    return this.voters.reduce((sum, { acknowledged }) => sum + acknowledged.size, 0);
  }

  /** So many votes more are counted. */
  async more(count: number): Promise<void> {
    this.#voting ??= Promise.all(this.voters.map((voter, index) => this.#voteOn(voter, index)));
    const before = this.acknowledged;
    await expect.poll(() => this.acknowledged).toBeGreaterThan(before + count);
  }

  /** Nobody votes any more; resolves with the votes that were acknowledged, by candidate. */
  async end(): Promise<Record<string, number>> {
    this.#isOver = true;
    await this.#voting;
    await expect.poll(() => this.voters.reduce((sum, { missing }) => sum + missing, 0)).toBe(0);
    const all = this.voters.flatMap(({ acknowledged }) => [...acknowledged.values()]);
    return Object.fromEntries(ids.map((id) => [id, all.filter((vote) => vote === id).length]));
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    for (const voter of [...this.voters, ...this.watchers]) voter.stop();
    for (const node of this.#nodes) await node.stop();
  }

  /** @param node where they sign in; whenever the connection breaks they come back on the other node */
  async #enter(name: string, node: number): Promise<Voter> {
    const urls = this.#nodes.map(({ url }) => url);
    const cookie = await signIn(urls[node % urls.length]!, name);
    let turn = node;
    const voter = new Voter(() =>
      connect(`${this.#nodes[turn++ % this.#nodes.length]!.url}/message`, { headers: { Cookie: cookie } }),
    );
    await voter.start();
    return voter;
  }

  async #voteOn(voter: Voter, index: number): Promise<void> {
    for (let vote = 0; !this.#isOver; vote++) {
      if (voter.isOpen) voter.vote(`${index}-${vote}`, ids[(index + vote) % ids.length]!);
      await delay(10);
    }
  }
}

/** The counts in Redis; and how many votes are there by their keys, each of which is there once. */
async function countsIn(port: number): Promise<{ counts: Record<string, number>; keys: Record<string, number> }> {
  const counts: Record<string, number> = {};
  const keys = Object.fromEntries(ids.map((id) => [id, 0]));
  const values = (await askRedis(port, 'HMGET', 'voting:counts', ...ids)) as string[];
  ids.forEach((id, index) => (counts[id] = Number(values[index])));
  const names = (await askRedis(port, 'KEYS', 'voting:counted:*')) as string[];
  for (const id of (await askRedis(port, 'MGET', ...names)) as string[]) keys[id] = (keys[id] ?? 0) + 1;
  return { counts, keys };
}

describe.skipIf(isMissing)('every acknowledged vote is counted once, and every page shows all of them,', () => {
  let election: Election | undefined;
  afterEach(async () => {
    await election?.stop();
    election = undefined;
  });

  async function expectAllRight(votes: Election, masterPort: () => Promise<number>): Promise<void> {
    const acknowledged = await votes.end();
    expect(await countsIn(await masterPort())).toEqual({ counts: acknowledged, keys: acknowledged });
    for (const { shown } of [...votes.watchers, ...votes.voters]) {
      await expect.poll(() => Object.fromEntries(shown)).toEqual(acknowledged);
    }
  }

  test('though Sentinel has replicas take over that lack the newest votes, twice', { timeout: 120_000 }, async () => {
    const site = await SentinelSite.start({ replicas: 2, sentinels: 3 });
    onTestFinished(() => site.stop());
    const sentinels = site.sentinelPorts.map((port) => ({ host: '127.0.0.1', port }));
    election = await Election.start({ master: SentinelSite.masterName, sentinels, replicas: 1 });
    for (let round = 0; round < 2; round++) {
      await election.more(500);
      await site.cutOffReplicas();
      await delay(300);
      const old = await site.failOver();
      await site.joinReplicas();
      await election.more(500);
      await old.resume();
    }
    await expectAllRight(election, () => site.masterPort());
  });

  test('though Redis is killed and comes back, three times', { timeout: 120_000 }, async () => {
    const redis = await startRedis();
    onTestFinished(() => redis.stop());
    election = await Election.start({ url: `redis://127.0.0.1:${redis.port}`, replicas: 0 });
    for (let round = 0; round < 3; round++) {
      await election.more(500);
      await redis.kill();
      await delay(300);
      await redis.resume();
    }
    await election.more(500);
    await expectAllRight(election, async () => redis.port);
  });
});

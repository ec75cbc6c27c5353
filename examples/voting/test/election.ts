import { setTimeout as delay } from 'node:timers/promises';
import { connect } from '@turnout/core';
import type { RedisSettings } from '@turnout/example-host/redis';
import { startExample, type RunningExample } from '@turnout/example-host/testing';
import { redisStorage } from '../src/storage.ts';
import { createVotingApp } from '../src/voting-app.ts';
import { signIn } from './running-app.ts';
import { Voter } from './voter.ts';

const voterCount = 30;
export const ids = ['1', '2', '3', '4'];

/** Two nodes of the app, people who vote continuously on both, and two who only watch. */
export class Election {
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
    election.#voting = Promise.all(election.voters.map((voter, index) => election.#voteOn(voter, index)));
    return election;
  }

  get acknowledged(): number {
    return this.voters.reduce((sum, { acknowledged }) => sum + acknowledged.size, 0);
  }

  /** Votes that were sent but not acknowledged yet. */
  get missing(): number {
    return this.voters.reduce((sum, { missing }) => sum + missing, 0);
  }

  /** The votes that were acknowledged, by candidate. */
  get result(): Record<string, number> {
    const all = this.voters.flatMap(({ acknowledged }) => [...acknowledged.values()]);
    return Object.fromEntries(ids.map((id) => [id, all.filter((vote) => vote === id).length]));
  }

  /** Stops the voting. */
  async end(): Promise<void> {
    this.#isOver = true;
    await this.#voting;
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    for (const voter of [...this.voters, ...this.watchers]) voter.stop();
    for (const node of this.#nodes) await node.stop();
  }

  /** @param node where they sign in; whenever the connection breaks, they reconnect to the other node */
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

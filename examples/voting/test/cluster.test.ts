import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connect } from '@turnout/core';
import { startProcess, type RunningProcess } from '@turnout/example-host/testing';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { startNginx, startRedis, type Daemon } from '@turnout/test-kit/daemon';
import { requireSystemPart } from '@turnout/test-kit/system-part';
import type { Candidate } from '../src/candidates.ts';
import { nextOf, openMessages, signIn } from './running-app.ts';
import { Voter, type VoteMessage } from './voter.ts';

const isThere = requireSystemPart('redis-server') !== undefined && requireSystemPart('nginx') !== undefined;

describe.skipIf(!isThere)('two processes, Redis and nginx', () => {
  let redis: Daemon;
  let folder: string;
  const processes: RunningProcess[] = [];
  beforeEach(async () => {
    redis = await startRedis();
    folder = mkdtempSync(join(tmpdir(), 'turnout-cluster-'));
  });
  afterEach(async () => {
    for (const running of processes.splice(0)) await running.kill();
    await redis.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  function start(port = 0): RunningProcess {
    const running = startProcess({
      folder: new URL('..', import.meta.url),
      dataDir: join(folder, 'none'),
      port,
      env: { REDIS_URL: `redis://127.0.0.1:${redis.port}` },
    });
    processes.push(running);
    return running;
  }

  test('share one poll: a vote on one is seen on the other, and so is a log-out', async () => {
    const [here, there] = await Promise.all([start().url, start().url]);
    const [ann, bob] = [await signIn(here, 'Ann'), await signIn(there, 'Bob')];
    const watcher = await openMessages(there, ann);
    await nextOf(watcher, 'snapshot');
    const voter = await openMessages(here, bob);
    let people: string[] = [];
    while (people.length < 2) {
      people = (await nextOf<{ name: string }[]>(watcher, 'users')).map(({ name }) => name).toSorted();
    }
    expect(people).toEqual(['Ann', 'Bob']);
    voter.send('2');
    expect(await nextOf(watcher, 'vote')).toEqual({ user_id: '2', count: 1 });
    await fetch(`${here}/logout`, { method: 'POST', headers: { Cookie: ann }, redirect: 'manual' });
    expect((await watcher.closed).code).toBe(3000);
    voter.terminate();
  });

  test(
    'count every acknowledged vote of 10,000 once, even if one is killed in the middle',
    { timeout: 90_000 },
    async () => {
      const [here, there] = [start(), start()];
      const ports = await Promise.all([here, there].map(async ({ url }) => Number(new URL(await url).port)));
      const nginx = await startNginx(ports);
      onTestFinished(() => nginx.stop());
      const url = `http://127.0.0.1:${nginx.port}`;
      const voters = await Promise.all(
        Array.from({ length: 100 }, async (_, index) => {
          const cookie = await signIn(url, `Voter ${index}`);
          const voter = new Voter(() => connect(`${url}/message`, { headers: { Cookie: cookie } }));
          await voter.start();
          return voter;
        }),
      );
      for (let vote = 0; vote < 10_000; vote++) {
        const index = vote % voters.length;
        voters[index]!.vote(`${index}-${vote}`, String((vote % 4) + 1));
        if (vote === 5_000) here.child.kill('SIGKILL');
        if (vote % 100 === 0) await delay(1);
      }
      await expect.poll(() => voters.reduce((sum, { missing }) => sum + missing, 0), { timeout: 60_000 }).toBe(0);
      const cookie = await signIn(url, 'Auditor');
      const auditor = await openMessages(await there.url, cookie);
      const { candidates } = await nextOf<{ candidates: Candidate[] }>(auditor, 'snapshot');
      expect(candidates.map(({ count }) => count)).toEqual([2_500, 2_500, 2_500, 2_500]);
      expect(voters.reduce((sum, { acknowledged }) => sum + acknowledged.size, 0)).toBe(10_000);
      for (const voter of voters) voter.stop();
      auditor.terminate();
    },
  );

  test('answer that a vote cannot be counted while Redis is down, and continue once it is restored', async () => {
    const url = await start().url;
    const socket = await openMessages(url, await signIn(url, 'Ann'));
    await nextOf(socket, 'snapshot');
    await redis.kill();
    socket.send('{"vote":"1","key":"a"}');
    expect(await nextOf(socket, 'error')).toEqual({ reason: 'Votes cannot be counted just now', key: 'a' });
    await redis.resume();
    const answers: VoteMessage[] = [];
    socket.on('message', (bytes) => answers.push(JSON.parse(String(bytes)) as VoteMessage));
    await expect
      .poll(() => {
        socket.send('{"vote":"1","key":"a"}');
        return answers.filter(({ type }) => type === 'counted').at(-1)?.data;
      })
      .toEqual({ key: 'a', user_id: '1', count: 1 });
    socket.terminate();
  });
});

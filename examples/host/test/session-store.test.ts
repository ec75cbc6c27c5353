import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SessionData } from 'express-session';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openDatabase, SessionStore, WriteBatch } from '../src/index.ts';
import type { SessionStoreOptions } from '../src/session-store.ts';

const hour = 60 * 60 * 1000;

let folder: string;
let path: string;
let database: ReturnType<typeof openDatabase>;
let problems: string[];
let stores: SessionStore[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'turnout-sessions-'));
  path = join(folder, 'test.db');
  database = openDatabase(path);
  database.exec('PRAGMA busy_timeout = 0');
  problems = [];
  stores = [];
});
afterEach(() => {
  for (const store of stores) store.dispose();
  database.close();
  rmSync(folder, { recursive: true });
});

function open(options: Partial<SessionStoreOptions> = {}): SessionStore {
  const store = new SessionStore({
    database,
    writes: new WriteBatch(database),
    report: (problem) => problems.push(problem),
    ...options,
  });
  stores.push(store);
  return store;
}

const sessionUntil = (expires: number): SessionData =>
  ({ cookie: { originalMaxAge: hour, expires: new Date(expires) } }) as SessionData;
const set = (store: SessionStore, id: string, data: SessionData): Promise<unknown> =>
  new Promise((resolve) => store.set(id, data, resolve));
const touch = (store: SessionStore, id: string, data: SessionData): Promise<unknown> =>
  new Promise((resolve) => store.touch(id, data, () => resolve(undefined)));
const get = (store: SessionStore, id: string): Promise<SessionData | null | undefined> =>
  new Promise((resolve, reject) => store.get(id, (error, data) => (error ? reject(error as Error) : resolve(data))));
const ids = (): string[] => (database.prepare('SELECT id FROM sessions').all() as { id: string }[]).map(({ id }) => id);

describe('expired sessions', () => {
  test('are removed once the database is no longer locked; until then the failure is reported, and nothing else fails', async () => {
    const store = open({ sweepInterval: 5 });
    const other = openDatabase(path);
    await set(store, 'old', sessionUntil(Date.now() + 20));
    other.exec('BEGIN IMMEDIATE');
    await expect.poll(() => problems.length).toBeGreaterThan(2);
    expect(problems[0]).toBe('Cannot remove expired sessions just now; trying again in 0.005 s:');
    other.exec('COMMIT');
    other.close();
    await expect.poll(ids).toEqual([]);
  });

  test('do not keep an app from starting while the database is locked', () => {
    open();
    const other = openDatabase(path);
    other.exec('BEGIN IMMEDIATE');
    open();
    expect(problems).toHaveLength(1);
    other.close();
  });
});

describe('a session', () => {
  test('that cannot be stored is reported as an error', async () => {
    const store = open();
    const other = openDatabase(path);
    other.exec('BEGIN IMMEDIATE');
    expect(await set(store, 'a', sessionUntil(Date.now() + hour))).toMatchObject({ message: 'database is locked' });
    other.close();
  });

  test('that cannot be prolonged is reported, and the request continues', async () => {
    const store = open();
    await set(store, 'a', sessionUntil(Date.now() + hour));
    const other = openDatabase(path);
    other.exec('BEGIN IMMEDIATE');
    await touch(store, 'a', sessionUntil(Date.now() + 3 * hour));
    expect(problems).toEqual(['Cannot prolong a session:']);
    other.close();
  });

  test('is written as prolonged once an hour, not with each request', async () => {
    let commits = 0;
    const exec = database.exec.bind(database);
    const store = open();
    const start = Date.now();
    await set(store, 'a', sessionUntil(start + hour));
    database.exec = (sql) => {
      if (sql === 'COMMIT') commits++;
      return exec(sql);
    };
    for (let request = 1; request < 60; request++)
      await touch(store, 'a', sessionUntil(start + hour + request * 60_000));
    expect(commits).toBe(0);
    await touch(store, 'a', sessionUntil(start + 2 * hour));
    expect(commits).toBe(1);
    expect((await get(store, 'a'))!.cookie.expires).toEqual(new Date(start + 2 * hour));
  });

  test('that is no longer valid is destroyed when it is read', async () => {
    let isValid = true;
    const store = open({ isValid: () => isValid });
    await set(store, 'a', sessionUntil(Date.now() + hour));
    expect(await get(store, 'a')).toMatchObject({ cookie: { originalMaxAge: hour } });
    isValid = false;
    expect(await get(store, 'a')).toBeNull();
    await expect.poll(ids).toEqual([]);
  });
});

import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDatabase } from '../src/index.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'turnout-database-'));
  chmodSync(folder, 0o755);
});
afterEach(() => rmSync(folder, { recursive: true }));

const rights = (): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder).map((name) => [name, (statSync(join(folder, name)).mode & 0o777).toString(8)]),
  );

test('only the owner can read a database, even in a folder that everybody may read', () => {
  const database = openDatabase(join(folder, 'test.db'));
  database.exec('CREATE TABLE lines (text TEXT)');
  expect(rights()).toEqual({ 'test.db': '600', 'test.db-shm': '600', 'test.db-wal': '600' });
  database.close();
});

test('an existing database that others could read is protected from them', () => {
  const path = join(folder, 'test.db');
  for (const file of [path, `${path}-wal`, `${path}-shm`]) {
    writeFileSync(file, '');
    chmodSync(file, 0o644);
  }
  const database = openDatabase(path);
  database.exec('CREATE TABLE lines (text TEXT)');
  expect(rights()).toEqual({ 'test.db': '600', 'test.db-shm': '600', 'test.db-wal': '600' });
  database.close();
});

import { chmodSync, closeSync, existsSync, openSync } from 'node:fs';
import Database from 'libsql';

const ownerOnly = 0o600;

/**
 * Opens an SQLite file, for its owner's eyes only whatever folder it is in. A committed change is on the disk: it
 * outlives a `kill -9` and a power cut.
 */
export function openDatabase(path: string): Database.Database {
  if (path !== ':memory:') keepPrivate(path);
  const database = new Database(path);
  // First: another process may be opening it too. Short, as everybody waits who is served by this process.
  database.exec('PRAGMA busy_timeout = 1000');
  database.exec('PRAGMA journal_mode = WAL');
  database.exec('PRAGMA synchronous = FULL');
  return database;
}

/**
 * SQLite gives the files beside a database the rights of the database; those that are there already keep what they
 * have.
 */
function keepPrivate(path: string): void {
  closeSync(openSync(path, 'a', ownerOnly));
  for (const file of [path, `${path}-wal`, `${path}-shm`]) if (existsSync(file)) chmodSync(file, ownerOnly);
}

import { chmodSync, closeSync, existsSync, openSync } from 'node:fs';
import Database from 'libsql';

const ownerOnly = 0o600;

/**
 * Opens an SQLite file that only its owner can read, whatever folder it is in. A committed change is on disk: it
 * survives a `kill -9` and a power failure.
 */
export function openDatabase(path: string): Database.Database {
  if (path !== ':memory:') keepPrivate(path);
  const database = new Database(path);
  // First, because another process may be opening it too. Short, because it blocks this process and all its clients.
  database.exec('PRAGMA busy_timeout = 1000');
  database.exec('PRAGMA journal_mode = WAL');
  database.exec('PRAGMA synchronous = FULL');
  return database;
}

/**
 * SQLite creates the files beside a database with its permissions; existing files keep theirs.
 */
function keepPrivate(path: string): void {
  closeSync(openSync(path, 'a', ownerOnly));
  for (const file of [path, `${path}-wal`, `${path}-shm`]) if (existsSync(file)) chmodSync(file, ownerOnly);
}

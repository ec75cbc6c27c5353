import { join } from 'node:path';
import Database from 'libsql';

/** Opens the app's one file. A committed change is on the disk: it outlives a `kill -9` and a power cut. */
export function openDatabase(dataDir: string): Database.Database {
  const database = new Database(join(dataDir, 'voting.db'));
  database.exec('PRAGMA journal_mode = WAL');
  database.exec('PRAGMA synchronous = FULL');
  database.exec('PRAGMA busy_timeout = 5000');
  return database;
}

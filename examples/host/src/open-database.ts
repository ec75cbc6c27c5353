import Database from 'libsql';

/** Opens an SQLite file. A committed change is on the disk: it outlives a `kill -9` and a power cut. */
export function openDatabase(path: string): Database.Database {
  const database = new Database(path);
  database.exec('PRAGMA journal_mode = WAL');
  database.exec('PRAGMA synchronous = FULL');
  database.exec('PRAGMA busy_timeout = 5000');
  return database;
}

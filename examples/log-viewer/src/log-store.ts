import { isAbsolute } from 'node:path';
import type { Database, Statement } from 'libsql';

/** A machine whose logs may be read, and how to log in there: with the keys of the ssh agent, or one in a file. */
export interface Host {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly login: string;
  /** A file; `null` for the agent. */
  readonly keyFile: string | null;
}

/** A file on a host. */
export interface Log {
  readonly id: number;
  readonly host: string;
  /** What it is: `access`, `error`, `app`… */
  readonly type: string;
  readonly path: string;
}

/** What may be read: pages name a log by its id, and nothing else ever reaches a host. */
export class LogStore {
  readonly #addHost: Statement;
  readonly #addLog: Statement;
  readonly #hosts: Statement;
  readonly #host: Statement;
  readonly #logs: Statement;
  readonly #log: Statement;
  readonly #removeHost: Statement;
  readonly #removeLog: Statement;

  constructor(database: Database) {
    database.exec('PRAGMA foreign_keys = ON');
    database.exec(`CREATE TABLE IF NOT EXISTS hosts (
      name TEXT PRIMARY KEY,
      address TEXT NOT NULL,
      port INTEGER NOT NULL,
      login TEXT NOT NULL,
      keyFile TEXT
    )`);
    database.exec(`CREATE TABLE IF NOT EXISTS logs (
      id INTEGER PRIMARY KEY,
      host TEXT NOT NULL REFERENCES hosts (name) ON DELETE CASCADE,
      type TEXT NOT NULL,
      path TEXT NOT NULL,
      UNIQUE (host, type)
    )`);
    this.#addHost = database.prepare(
      'INSERT OR REPLACE INTO hosts (name, address, port, login, keyFile) VALUES (?, ?, ?, ?, ?)',
    );
    this.#addLog = database.prepare(
      'INSERT INTO logs (host, type, path) VALUES (?, ?, ?) ON CONFLICT (host, type) DO UPDATE SET path = excluded.path',
    );
    this.#hosts = database.prepare('SELECT * FROM hosts ORDER BY name');
    this.#host = database.prepare('SELECT * FROM hosts WHERE name = ?');
    this.#logs = database.prepare('SELECT * FROM logs ORDER BY host, type');
    this.#log = database.prepare('SELECT * FROM logs WHERE id = ?');
    this.#removeHost = database.prepare('DELETE FROM hosts WHERE name = ?');
    this.#removeLog = database.prepare('DELETE FROM logs WHERE host = ? AND type = ?');
  }

  /** @throws {Error} that says what is wrong with it */
  addHost({ name, address, port, login, keyFile }: Host): void {
    if (!/^[\w.-]{1,64}$/.test(name))
      throw new Error(`Expected a name of letters, digits, . - and _, received ${name}`);
    if (address === '' || /\s/.test(address)) throw new Error(`Expected a host name or address, received ${address}`);
    if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new Error('Expected a port from 1 to 65535');
    if (login === '') throw new Error('Expected a login name');
    if (keyFile !== null && !isAbsolute(keyFile))
      throw new Error(`Expected an absolute path of a key, received ${keyFile}`);
    this.#addHost.run(name, address, port, login, keyFile);
  }

  /** @throws {Error} that says what is wrong with it */
  addLog({ host, type, path }: Omit<Log, 'id'>): void {
    if (this.host(host) === undefined) throw new Error(`No host is called ${host}: add it first`);
    if (!/^[\w.-]{1,64}$/.test(type))
      throw new Error(`Expected a type of letters, digits, . - and _, received ${type}`);
    if (!path.startsWith('/') || path.includes('\0')) throw new Error(`Expected an absolute path, received ${path}`);
    this.#addLog.run(host, type, path);
  }

  hosts(): Host[] {
    return this.#hosts.all() as Host[];
  }

  host(name: string): Host | undefined {
    return this.#host.get(name) as Host | undefined;
  }

  logs(): Log[] {
    return this.#logs.all() as Log[];
  }

  /** @param id as it stands in an address */
  log(id: string): Log | undefined {
    return /^[1-9]\d{0,8}$/.test(id) ? (this.#log.get(Number(id)) as Log | undefined) : undefined;
  }

  /** Returns whether there was one. */
  removeHost(name: string): boolean {
    return this.#removeHost.run(name).changes > 0;
  }

  removeLog(host: string, type: string): boolean {
    return this.#removeLog.run(host, type).changes > 0;
  }
}

import { isAbsolute } from 'node:path';
import type { Database, Statement } from 'libsql';

/** A machine whose logs may be read, and its login: with the keys of the ssh agent, or one in a file. */
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
  /** Its kind: `access`, `error`, `app`… */
  readonly type: string;
  readonly path: string;
}

/** The logs that may be read: pages name a log by its id, and nothing else from a page reaches a host. */
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
      'INSERT INTO hosts (name, address, port, login, keyFile) VALUES (?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET ' +
        'address = excluded.address, port = excluded.port, login = excluded.login, keyFile = excluded.keyFile',
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

  /**
   * Adds a host, or changes an existing one, which keeps its logs.
   *
   * @returns the previous entry
   * @throws {Error} that says what is wrong with it
   */
  addHost({ name, address, port, login, keyFile }: Host): Host | undefined {
    if (!isWord(name)) throw new Error(`Expected a name of letters, digits, . - and _, received ${name}`);
    if (!isAddress(address)) throw new Error(`Expected a host name or address, received ${address}`);
    if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new Error('Expected a port from 1 to 65535');
    if (login === '') throw new Error('Expected a login name');
    if (keyFile !== null && !isAbsolute(keyFile))
      throw new Error(`Expected an absolute path of a key, received ${keyFile}`);
    const before = this.host(name);
    this.#addHost.run(name, address, port, login, keyFile);
    return before;
  }

  /**
   * Adds a log, or changes the path of an existing one.
   *
   * @returns the previous entry
   * @throws {Error} that says what is wrong with it
   */
  addLog({ host, type, path }: Omit<Log, 'id'>): Log | undefined {
    if (this.host(host) === undefined) throw new Error(`No host is called ${host}: add it first`);
    if (!isWord(type)) throw new Error(`Expected a type of letters, digits, . - and _, received ${type}`);
    if (!path.startsWith('/') || path.includes('\0')) throw new Error(`Expected an absolute path, received ${path}`);
    const before = this.logsOf(host).find((log) => log.type === type);
    this.#addLog.run(host, type, path);
    return before;
  }

  hosts(): Host[] {
    return (this.#hosts.all() as Host[]).map(hostOf);
  }

  host(name: string): Host | undefined {
    const row = this.#host.get(name) as Host | undefined;
    return row && hostOf(row);
  }

  logs(): Log[] {
    return (this.#logs.all() as Log[]).map(logOf);
  }

  logsOf(host: string): Log[] {
    return this.logs().filter((log) => log.host === host);
  }

  /** @param id as in an address */
  log(id: string): Log | undefined {
    const row = /^[1-9]\d{0,8}$/.test(id) ? (this.#log.get(Number(id)) as Log | undefined) : undefined;
    return row && logOf(row);
  }

  /** Returns whether there was one. */
  removeHost(name: string): boolean {
    return this.#removeHost.run(name).changes > 0;
  }

  removeLog(host: string, type: string): boolean {
    return this.#removeLog.run(host, type).changes > 0;
  }
}

/** Other programs and this one treat text that begins with a hyphen as an option. */
function isWord(text: string): boolean {
  return /^\w[\w.-]{0,63}$/.test(text);
}

/** It is part of a command that is shown to people, who may run it. */
function isAddress(text: string): boolean {
  return /^[\p{L}\p{N}:][\p{L}\p{N}.:%_-]*$/u.test(text);
}

/** Without the database's text about the query. */
function hostOf({ name, address, port, login, keyFile }: Host): Host {
  return { name, address, port, login, keyFile };
}

function logOf({ id, host, type, path }: Log): Log {
  return { id, host, type, path };
}

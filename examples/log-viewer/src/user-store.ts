import { createHash, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import type { Database, Statement } from 'libsql';

const derive = promisify<string, Buffer, number, Buffer>(scrypt);
const keyLength = 32;
const minPassword = 8;

/** A signed-in user. */
export interface Reader {
  readonly name: string;
  /** See {@link UserStore.credentialOf}. */
  readonly credential: string | undefined;
}

/** The users who may read logs. Passwords are hashed with scrypt and individual salts. */
export class UserStore {
  readonly #set: Statement;
  readonly #get: Statement;
  readonly #names: Statement;
  readonly #remove: Statement;

  constructor(database: Database) {
    database.exec('CREATE TABLE IF NOT EXISTS users (name TEXT PRIMARY KEY, salt BLOB NOT NULL, hash BLOB NOT NULL)');
    this.#set = database.prepare('INSERT OR REPLACE INTO users (name, salt, hash) VALUES (?, ?, ?)');
    this.#get = database.prepare('SELECT salt, hash FROM users WHERE name = ?');
    this.#names = database.prepare('SELECT name FROM users ORDER BY name');
    this.#remove = database.prepare('DELETE FROM users WHERE name = ?');
  }

  /** @throws {Error} that says what is wrong with the name or the password */
  async set(name: string, password: string): Promise<void> {
    if (!/^[\w@][\w.@-]{0,63}$/.test(name))
      throw new Error(`Expected a name of letters, digits, . @ - and _, received ${name}`);
    if (password.length < minPassword) throw new Error(`Expected a password of at least ${minPassword} characters`);
    const salt = randomBytes(16);
    this.#set.run(name, salt, await derive(password, salt, keyLength));
  }

  /** Takes the same time for an unknown name. */
  async check(name: string, password: string): Promise<boolean> {
    const row = this.#get.get(name) as { salt: Uint8Array; hash: Uint8Array } | undefined;
    const salt = row ? Buffer.from(row.salt) : Buffer.alloc(16);
    const hash = row ? Buffer.from(row.hash) : Buffer.alloc(keyLength);
    return timingSafeEqual(await derive(password, salt, keyLength), hash) && row !== undefined;
  }

  /** A value that changes with the user's password; `undefined` for an unknown name. */
  credentialOf(name: string): string | undefined {
    const row = this.#get.get(name) as { salt: Uint8Array } | undefined;
    return row && createHash('sha256').update(row.salt).digest('base64url');
  }

  /** Whether a user may still read: they were not removed, and have the password that they signed in with. */
  isCurrent({ name, credential }: Reader): boolean {
    return credential !== undefined && credential === this.credentialOf(name);
  }

  names(): string[] {
    return (this.#names.all() as { name: string }[]).map(({ name }) => name);
  }

  /** Returns whether there was one. */
  remove(name: string): boolean {
    return this.#remove.run(name).changes > 0;
  }
}

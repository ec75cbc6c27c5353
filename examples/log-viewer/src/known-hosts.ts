import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** The verdict of a file of known hosts on a host's key. */
export type HostKeyVerdict = 'known' | 'unknown' | 'changed' | 'revoked';

interface Entry {
  readonly isRevoked: boolean;
  /** Comma-separated patterns, or one hashed name. */
  readonly hosts: string;
  readonly type: string;
  readonly key: string;
}

/** OpenSSH's file of known hosts (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"): plain and hashed names, and revoked keys. */
export class KnownHosts {
  readonly #entries: Entry[];

  constructor(text: string) {
    this.#entries = text.split('\n').flatMap((line) => parseEntry(line.trim()) ?? []);
  }

  /** @returns the hosts of a file; empty if the file is missing */
  static read(path: string): KnownHosts {
    try {
      return new KnownHosts(readFileSync(path, 'utf8'));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new KnownHosts('');
      throw error;
    }
  }

  /** @param key as the host sent it: its type with a length prefix, and the rest */
  check(address: string, port: number, key: Buffer): HostKeyVerdict {
    const encoded = key.toString('base64');
    const entries = this.#entriesOf(address, port);
    if (entries.some((entry) => entry.isRevoked && entry.key === encoded)) return 'revoked';
    const trusted = entries.filter((entry) => !entry.isRevoked);
    if (trusted.some((entry) => entry.key === encoded)) return 'known';
    return trusted.some((entry) => entry.type === typeOfKey(key)) ? 'changed' : 'unknown';
  }

  /** The types of a host's known keys: only these are requested, because others could not be checked. */
  typesOf(address: string, port: number): string[] {
    const trusted = this.#entriesOf(address, port).filter((entry) => !entry.isRevoked);
    return [...new Set(trusted.map(({ type }) => type))];
  }

  #entriesOf(address: string, port: number): Entry[] {
    const name = port === 22 ? address : `[${address}]:${port}`;
    return this.#entries.filter(({ hosts }) => matches(hosts, name.toLowerCase()));
  }
}

function parseEntry(line: string): Entry[] | undefined {
  if (line === '' || line.startsWith('#')) return undefined;
  const fields = line.split(/\s+/);
  const marker = fields[0]!.startsWith('@') ? fields.shift() : undefined;
  // A certificate authority signs other keys, which are not supported here.
  if (marker === '@cert-authority') return undefined;
  const [hosts, type, key] = fields;
  if (hosts === undefined || type === undefined || key === undefined) return undefined;
  return [{ isRevoked: marker === '@revoked', hosts, type, key }];
}

function matches(hosts: string, name: string): boolean {
  if (hosts.startsWith('|1|')) return matchesHash(hosts, name);
  const patterns = hosts.toLowerCase().split(',');
  if (patterns.some((pattern) => pattern.startsWith('!') && matchesPattern(pattern.slice(1), name))) return false;
  return patterns.some((pattern) => matchesPattern(pattern, name));
}

function matchesHash(hosts: string, name: string): boolean {
  const [, , salt = '', hash] = hosts.split('|');
  return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash;
}

/** `*` stands for any characters, `?` for one. */
function matchesPattern(pattern: string, name: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`).test(name);
}

function typeOfKey(key: Buffer): string {
  return key.length < 4 ? '' : key.toString('latin1', 4, 4 + key.readUInt32BE(0));
}

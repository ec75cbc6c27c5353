import { readFileSync } from 'node:fs';
import ssh2, { Client, type ConnectConfig } from 'ssh2';
import { explain, HostError, placeOf, seeOutput } from './host-error.ts';
import type { HostKeyVerdict, KnownHosts } from './known-hosts.ts';
import type { Host } from './log-store.ts';

/** The settings of all logins; the keys are set per host. */
export interface SshSettings {
  /** The file of known hosts, read again for each login, so that a host can be added while the app runs. */
  readonly knownHosts: () => KnownHosts;
  /** The file's name, for people. */
  readonly knownHostsFile: string;
  /** The socket of the ssh agent. */
  readonly agent: string | undefined;
}

/** How long, in ms, a host may take to answer, and how long it may be silent. */
const readyTimeout = 10_000;
const keepaliveInterval = 10_000;

/** Logs in to a host whose key is known. Rejects with a {@link HostError} that gives the reason in one line. */
export function logIn(host: Host, settings: SshSettings): Promise<Client> {
  const client = new Client();
  return new Promise((resolve, reject) => {
    let untrusted: HostError | undefined;
    client.on('ready', () => resolve(client));
    client.on('error', (error) => reject(untrusted ?? explain(host, error)));
    client.on('close', () => reject(new HostError(`Cannot reach ${host.name}: it hung up`, { isFinal: false })));
    try {
      const known = readKnownHosts(host, settings);
      client.connect({
        ...addressOf(host, known),
        ...keysOf(host, settings),
        hostVerifier: (key: Buffer) => {
          const verdict = known.check(host.address, host.port, key);
          if (verdict !== 'known') untrusted = distrust(host, verdict, settings);
          return verdict === 'known';
        },
      });
    } catch (error) {
      reject(explain(host, error as NodeJS.ErrnoException));
    }
  });
}

function addressOf({ address, port, login }: Host, known: KnownHosts): ConnectConfig {
  const types = known.typesOf(address, port).flatMap((type) => (type === 'ssh-rsa' ? rsaSignatures : type));
  return {
    host: address,
    port,
    username: login,
    readyTimeout,
    keepaliveInterval,
    ...(types.length > 0 && { algorithms: { serverHostKey: types as never } }),
  };
}

/** The signature algorithms of RSA keys; the first, with SHA-1, is no longer trustworthy. */
const rsaSignatures = ['rsa-sha2-512', 'rsa-sha2-256'];

function keysOf(host: Host, { agent }: SshSettings): ConnectConfig {
  if (host.keyFile !== null) return { privateKey: readKey(host, host.keyFile) };
  if (agent === undefined) {
    throw new HostError('There is no ssh agent: start one, and set SSH_AUTH_SOCK', { isFinal: true });
  }
  return { agent };
}

function readKey(host: Host, path: string): Buffer {
  try {
    const key = readFileSync(path);
    const parsed = ssh2.utils.parseKey(key);
    if (parsed instanceof Error) throw parsed;
    return key;
  } catch (error) {
    const detail = `The key of ${host.name}, ${path}, cannot be read: ${(error as Error).message}`;
    throw new HostError(`The key of ${host.name} cannot be read: ${seeOutput}`, {
      isFinal: true,
      detail,
    });
  }
}

function readKnownHosts(host: Host, { knownHosts, knownHostsFile }: SshSettings): KnownHosts {
  try {
    return knownHosts();
  } catch (error) {
    throw new HostError(`The key of ${placeOf(host)} cannot be checked: ${seeOutput}`, {
      isFinal: true,
      detail: `${knownHostsFile} cannot be read: ${(error as Error).message}`,
    });
  }
}

function distrust(host: Host, verdict: HostKeyVerdict, { knownHostsFile }: SshSettings): HostError {
  const where = placeOf(host);
  const scan = `ssh-keyscan -p ${host.port} ${host.address}`;
  const words = {
    unknown: `The key of ${where} is not in the file of known hosts. Check it, then add it: ${scan}`,
    changed: `The key of ${where} is not the one in the file of known hosts: it may be another machine. Nothing was sent to it`,
    revoked: `The key of ${where} was revoked`,
    known: '',
  }[verdict];
  return new HostError(words, { isFinal: true, detail: `${words} (${knownHostsFile})` });
}

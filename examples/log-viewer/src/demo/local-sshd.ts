import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface LocalSshdOptions {
  /** The folder for its keys and its configuration. */
  readonly folder: string;
  /** The program. Default `/usr/sbin/sshd`. */
  readonly program?: string | undefined;
  /** Default: a free one. */
  readonly port?: number | undefined;
}

/** An sshd on the loopback address, with its own keys, that accepts the user who runs it. */
export interface LocalSshd {
  readonly port: number;
  readonly login: string;
  /** The private key that it accepts. */
  readonly keyFile: string;
  /** The file of known hosts with the host's key. */
  readonly knownHostsFile: string;
  readonly child: ChildProcess;
  /** Ends it and all its connections. */
  stop(): Promise<void>;
}

/**
 * Starts it, and reuses keys that are already in the folder. If sshd is missing, rejects with an error that says what
 * to install.
 */
export async function startLocalSshd({
  folder,
  program = '/usr/sbin/sshd',
  port,
}: LocalSshdOptions): Promise<LocalSshd> {
  if (!existsSync(program)) {
    throw new Error(`There is no ${program}: install it, with apt-get install openssh-server`);
  }
  const actualPort = port ?? (await freePort());
  const [hostKey, keyFile] = [join(folder, 'host-key'), join(folder, 'user-key')];
  for (const path of [hostKey, keyFile]) createKey(path);
  copyFileSync(`${keyFile}.pub`, join(folder, 'authorized-keys'));
  const knownHostsFile = join(folder, 'known-hosts');
  writeFileSync(knownHostsFile, `[127.0.0.1]:${actualPort} ${readFileSync(`${hostKey}.pub`, 'utf8')}`);
  const configuration = join(folder, 'sshd-config');
  writeFileSync(configuration, configurationOf(folder, actualPort));
  // The folder for its privilege separation, which only root's sshd needs.
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  const child = spawn(program, ['-D', '-e', '-f', configuration], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  await listening(child);
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    for (const pid of [child.pid!, ...descendantsOf(child.pid!)]) kill(pid);
    await exit;
  };
  return { port: actualPort, login: userInfo().username, keyFile, knownHostsFile, child, stop };
}

/** Its connections, which are separate sessions, if the system lists them. */
function descendantsOf(pid: number): number[] {
  const path = `/proc/${pid}/task/${pid}/children`;
  const children = existsSync(path) ? readFileSync(path, 'utf8').split(' ').filter(Boolean).map(Number) : [];
  return children.flatMap((child) => [child, ...descendantsOf(child)]);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    // It has already ended.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function createKey(path: string): void {
  if (existsSync(path)) return;
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'demo', '-f', path]);
}

function configurationOf(folder: string, port: number): string {
  return [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${join(folder, 'host-key')}`,
    `AuthorizedKeysFile ${join(folder, 'authorized-keys')}`,
    `PidFile ${join(folder, 'sshd.pid')}`,
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PermitRootLogin prohibit-password',
    'UsePAM no',
    'StrictModes no',
    'MaxStartups 100',
    // Its shells do not read the user's settings, which may be slow and print something.
    `SetEnv HOME=${folder}`,
    '',
  ].join('\n');
}

async function listening(child: ChildProcess): Promise<void> {
  const said: string[] = [];
  await new Promise<void>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', () => reject(new Error(`sshd has ended: ${said.join('; ')}`)));
    createInterface({ input: child.stderr! }).on('line', (line) => {
      said.push(line);
      if (line.startsWith('Server listening')) resolve();
    });
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

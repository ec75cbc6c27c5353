import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import type { Host, LogStore } from './log-store.ts';
import type { UserStore } from './user-store.ts';

export const usage = `Usage:
  hosts                                         lists the hosts
  hosts add NAME ADDRESS LOGIN [--port 22] [--key FILE]
                                                without --key, the keys of the ssh agent are used
                                                a host that is there already is changed; its logs stay
  hosts remove NAME                             removes a host and its logs
  logs                                          lists the logs
  logs add HOST TYPE PATH
  logs remove HOST TYPE
  users                                         lists who may sign in
  users add NAME                                reads the password from standard input
  users remove NAME                             ends the user's sessions too, within seconds`;

export interface Stores {
  readonly logs: LogStore;
  readonly users: UserStore;
}

/**
 * Runs a command on the database, and returns its output.
 *
 * @throws {Error} that says what is wrong with it
 */
export async function manage(parameters: readonly string[], stores: Stores): Promise<string> {
  const { values, positionals } = parseArgs({
    args: [...parameters],
    allowPositionals: true,
    options: { port: { type: 'string', default: '22' }, key: { type: 'string' } },
  });
  const [kind, action = 'list', ...given] = positionals;
  switch (kind) {
    case 'hosts':
      return manageHosts(stores.logs, action, [...given, values.port, values.key ?? '']);
    case 'logs':
      return manageLogs(stores.logs, action, given);
    case 'users':
      return manageUsers(stores.users, action, given);
    default:
      throw new Error(`There is no command ${kind}\n${usage}`);
  }
}

function manageHosts(store: LogStore, action: string, given: readonly string[]): string {
  if (action === 'list')
    return (
      store
        .hosts()
        .map((host) => `${host.name}\t${describe(host)}`)
        .join('\n') || 'No hosts yet'
    );
  const [name, address, login, port, keyFile] = given;
  if (action === 'remove' && given.length === 3) {
    const types = store.logsOf(name!).map(({ type }) => type);
    const lost = types.length > 0 ? ` and its logs ${types.join(', ')}` : '';
    return removed(store.removeHost(name!), `host ${name}${lost}`);
  }
  if (action !== 'add' || given.length !== 5) throw new Error(usage);
  const host = { name: name!, address: address!, port: Number(port), login: login!, keyFile: keyFile || null };
  const before = store.addHost(host);
  return before === undefined
    ? `Host ${name} is there`
    : `Host ${name} is changed, with the logs it had. It was\t${describe(before)}`;
}

function describe({ address, port, login, keyFile }: Host): string {
  return `${login}@${address}:${port}\t${keyFile ?? 'agent'}`;
}

function manageLogs(store: LogStore, action: string, given: readonly string[]): string {
  if (action === 'list') {
    return (
      store
        .logs()
        .map(({ host, type, path }) => `${host}\t${type}\t${path}`)
        .join('\n') || 'No logs yet'
    );
  }
  const [host, type, path] = given;
  if (action === 'remove' && given.length === 2) return removed(store.removeLog(host!, type!), `log ${host} ${type}`);
  if (action !== 'add' || given.length !== 3) throw new Error(usage);
  const before = store.addLog({ host: host!, type: type!, path: path! });
  return before === undefined
    ? `Log ${host} ${type} is there`
    : `Log ${host} ${type} is changed. It was\t${before.path}`;
}

async function manageUsers(store: UserStore, action: string, given: readonly string[]): Promise<string> {
  if (action === 'list') return store.names().join('\n') || 'No users yet';
  const [name] = given;
  if (given.length !== 1) throw new Error(usage);
  if (action === 'remove') return removed(store.remove(name!), `user ${name}`);
  if (action !== 'add') throw new Error(usage);
  const isKnown = store.names().includes(name!);
  await store.set(name!, await readPassword());
  return isKnown ? `User ${name} has another password, and has to sign in again` : `User ${name} is there`;
}

function removed(isRemoved: boolean, what: string): string {
  if (!isRemoved) throw new Error(`There is no ${what}`);
  return `Removed: ${what}`;
}

/** One line of standard input. A password is never a parameter, because everybody on a machine can see those. */
async function readPassword(): Promise<string> {
  if (process.stdin.isTTY) process.stderr.write('Password (shown as you type): ');
  for await (const line of createInterface({ input: process.stdin })) return line;
  throw new Error('Expected a password on standard input');
}

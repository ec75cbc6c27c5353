import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openDatabase } from '@turnout/example-host';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { demoPassword } from '../src/demo/demo-password.ts';
import { LogStore } from '../src/log-store.ts';
import { manage, type Stores } from '../src/manage.ts';
import { UserStore } from '../src/user-store.ts';

let database: ReturnType<typeof openDatabase>;
let stores: Stores;
beforeEach(() => {
  database = openDatabase(':memory:');
  stores = { logs: new LogStore(database), users: new UserStore(database) };
});
afterEach(() => database.close());
const run = (line: string): Promise<string> => manage(line.split(' '), stores);

describe('the commands', () => {
  test('add, list and remove hosts and logs', async () => {
    expect(await run('hosts')).toBe('No hosts yet');
    expect(await run('hosts add web 192.0.2.1 deploy --port 2222 --key /keys/web')).toBe('Host web is there');
    expect(await run('hosts add db db.example postgres')).toBe('Host db is there');
    expect(await run('hosts')).toBe('db\tpostgres@db.example:22\tagent\nweb\tdeploy@192.0.2.1:2222\t/keys/web');
    expect(await run('logs')).toBe('No logs yet');
    expect(await run('logs add web access /var/log/nginx/access.log')).toBe('Log web access is there');
    expect(await run('logs')).toBe('web\taccess\t/var/log/nginx/access.log');
    expect(await run('logs remove web access')).toBe('Removed: log web access');
    expect(await run('hosts remove web')).toBe('Removed: host web');
    expect(await run('hosts')).toBe('db\tpostgres@db.example:22\tagent');
  });

  test('keep the logs of a host that is added again, and print the previous entry', async () => {
    await run('hosts add web 192.0.2.1 deploy --key /keys/web');
    await run('logs add web access /var/log/access.log');
    const [log] = stores.logs.logs();
    expect(await run('hosts add web 192.0.2.2 admin --port 2222')).toBe(
      'Host web is changed, with the logs it had. It was\tdeploy@192.0.2.1:22\t/keys/web',
    );
    expect(await run('hosts')).toBe('web\tadmin@192.0.2.2:2222\tagent');
    expect(stores.logs.logs()).toEqual([log]);
    expect(await run('logs add web access /var/log/other.log')).toBe(
      'Log web access is changed. It was\t/var/log/access.log',
    );
    expect(stores.logs.logs()).toEqual([{ ...log, path: '/var/log/other.log' }]);
    expect(await run('hosts remove web')).toBe('Removed: host web and its logs access');
  });

  test.each([
    ['hosts add web', 'Usage:'],
    ['hosts add -- -web 192.0.2.1 deploy', 'Expected a name of letters'],
    ['hosts add -- web -oProxyCommand=id deploy', 'Expected a host name or address'],
    ['hosts add web 192.0.2.1;id deploy', 'Expected a host name or address'],
    ['hosts add we/b 192.0.2.1 deploy', 'Expected a name of letters'],
    ['hosts add web 192.0.2.1 deploy --port 0', 'Expected a port from 1 to 65535'],
    ['hosts add web 192.0.2.1 deploy --key key', 'Expected an absolute path of a key, received key'],
    ['hosts remove web', 'There is no host web'],
    ['logs add web access /x', 'No host is called web: add it first'],
    ['logs remove web access', 'There is no log web access'],
    ['users remove Ann', 'There is no user Ann'],
    ['users add', 'Usage:'],
    ['dance', 'There is no command dance'],
  ])('report what is wrong with %j', async (line, message) => {
    await expect(run(line)).rejects.toThrow(message);
  });

  test('reject a relative path', async () => {
    await run('hosts add web 192.0.2.1 deploy');
    await expect(run('logs add web access var/log')).rejects.toThrow('Expected an absolute path, received var/log');
    await expect(run('logs add web ac/cess /x')).rejects.toThrow('Expected a type of letters');
  });
});

test('the password of the demo is not mistaken for an option, and is easy to copy', () => {
  for (let times = 0; times < 1_000; times++) expect(demoPassword()).toMatch(/^[a-km-np-z2-9]{12}$/);
});

test('a password is hashed with scrypt, and checked', async () => {
  const { users } = stores;
  await users.set('ann', 'correct horse');
  expect(JSON.stringify(database.prepare('SELECT * FROM users').all())).not.toContain('correct');
  expect([await users.check('ann', 'correct horse'), await users.check('ann', 'wrong')]).toEqual([true, false]);
  expect(await users.check('bob', 'correct horse')).toBe(false);
  await expect(users.set('ann', 'short')).rejects.toThrow('Expected a password of at least 8 characters');
  await expect(users.set('a b', 'correct horse')).rejects.toThrow('Expected a name of letters');
  await expect(users.set('-ann', 'correct horse')).rejects.toThrow('Expected a name of letters');
  expect([users.names(), users.remove('ann'), users.names()]).toEqual([['ann'], true, []]);
});

test('the program reads a password from its input, and reports an error in one line', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'turnout-log-viewer-'));
  const program = (parameters: string[], input = ''): { status: number | null; stdout: string; stderr: string } =>
    spawnSync(process.execPath, ['--conditions=@turnout/source', '--import', 'tsx', 'src/main.ts', ...parameters], {
      cwd: fileURLToPath(new URL('..', import.meta.url)),
      env: { ...process.env, DATA_DIR: join(dataDir, 'data') },
      input,
      encoding: 'utf8',
    });
  expect(program(['users', 'add', 'ann'], 'correct horse\n')).toMatchObject({
    status: 0,
    stdout: 'User ann is there\n',
  });
  expect(program(['users', 'add', 'ann'], '-battery staple\n')).toMatchObject({
    status: 0,
    stdout: 'User ann has another password, and has to sign in again\n',
  });
  expect(program(['users', 'add', 'bob'])).toMatchObject({
    status: 1,
    stderr: 'Expected a password on standard input\n',
  });
  rmSync(dataDir, { recursive: true });
});

import { execFileSync } from 'node:child_process';
import { createWriteStream, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { connect } from '@turnout/core';
import { openDatabase } from '@turnout/example-host';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { seeOutput } from '../src/host-error.ts';
import type { LogStore } from '../src/log-store.ts';
import { UserStore } from '../src/user-store.ts';
import { untilTails, tailsOf } from './processes.ts';
import { Follower, numbered, signIn, sshdPath, startViewer, write, type RunningViewer } from './running-viewer.ts';

describe.skipIf(sshdPath === undefined)('the log viewer, on a real sshd', () => {
  let viewer: RunningViewer;
  beforeEach(async () => {
    viewer = await startViewer();
  });
  afterEach(() => viewer.stop());

  const addLog = (type: string, path: string): number => {
    viewer.example.logs.addLog({ host: 'box', type, path });
    return viewer.example.logs.logs().find((log) => log.type === type)!.id;
  };

  test('is closed without a session', async () => {
    expect((await fetch(viewer.url, { redirect: 'manual' })).headers.get('location')).toBe('/login');
    await expect(connect(`${viewer.url}/logs/1`)).rejects.toMatchObject({ status: 401 });
    await expect(signIn(viewer.url, 'reader', 'wrong password')).rejects.toThrow('status 401');
    await expect(signIn(viewer.url, 'nobody')).rejects.toThrow('status 401');
    const html = await (await fetch(viewer.url, { headers: { Cookie: await signIn(viewer.url) } })).text();
    expect(html).toContain(viewer.path);
  });

  describe('permanently disconnects, within seconds, a reader', () => {
    /** Changes the users as the command line does: from another process, without notifying this one. */
    const changeUsers = async (change: (users: UserStore) => unknown): Promise<void> => {
      const database = openDatabase(join(viewer.dataDir, 'log-viewer.db'));
      await change(new UserStore(database));
      database.close();
    };
    const expectRefused = async (cookie: string): Promise<void> => {
      await expect(connect(`${viewer.url}/logs/1`, { headers: { Cookie: cookie } })).rejects.toMatchObject({
        status: 401,
      });
      const page = await fetch(viewer.url, { headers: { Cookie: cookie }, redirect: 'manual' });
      expect(page.headers.get('location')).toBe('/login');
    };

    test('who is removed, and does not accept their session when the name is reused', async () => {
      const cookie = await signIn(viewer.url);
      const other = await signIn(viewer.url);
      const follower = await Follower.open(viewer, 1, cookie);
      await changeUsers((users) => users.remove('reader'));
      expect((await follower.socket.closed).code).toBe(3000);
      await untilTails(viewer.path, 0);
      await expectRefused(cookie);
      await expect(signIn(viewer.url)).rejects.toThrow('status 401');
      await changeUsers((users) => users.set('reader', 'correct horse'));
      await expectRefused(other);
      await signIn(viewer.url);
    });

    test('whose password is changed', async () => {
      const cookie = await signIn(viewer.url);
      const follower = await Follower.open(viewer, 1, cookie);
      await changeUsers((users) => users.set('reader', 'battery staple'));
      expect((await follower.socket.closed).code).toBe(3000);
      await expectRefused(cookie);
    });

    test('at the next upgrade, whatever sockets are open', async () => {
      const cookie = await signIn(viewer.url);
      viewer.example.users.remove('reader');
      await expectRefused(cookie);
    });
  });

  test.each<[string, (logs: LogStore) => unknown]>([
    ['log is removed', (logs) => logs.removeLog('box', 'app')],
    ['log has another path', (logs) => logs.addLog({ host: 'box', type: 'app', path: '/dev/null' })],
    ['host is removed', (logs) => logs.removeHost('box')],
    ['host has another address', (logs) => logs.addHost({ ...logs.host('box')!, address: '127.0.0.2' })],
  ])('notifies viewers of a log when its %s, and sends no more of it', async (_what, change) => {
    const follower = await Follower.open(viewer);
    await follower.untilFollowing(viewer.path);
    change(viewer.example.logs);
    await follower.untilNotice('This log was removed, or is read from elsewhere now');
    expect(await follower.socket.closed).toMatchObject({ code: 1000, reason: 'failed' });
    await untilTails(viewer.path, 0);
  });

  test('is not slowed down by the shell settings of the user who runs the test', () => {
    const { port, login, keyFile, knownHostsFile } = viewer.sshd;
    const options = `-F none -o BatchMode=yes -o UserKnownHostsFile=${knownHostsFile} -i ${keyFile} -p ${port}`;
    const parameters = [...options.split(' '), `${login}@127.0.0.1`, 'echo "$HOME"'];
    const home = execFileSync('ssh', parameters, { encoding: 'utf8', timeout: 30_000 });
    expect(home.trim()).toBe(viewer.folder);
  });

  test('limits the rate of password guesses', async () => {
    for (let tries = 0; tries < 10; tries++) await signIn(viewer.url, 'reader', 'guess').catch(() => undefined);
    await expect(signIn(viewer.url)).rejects.toThrow('status 429');
  });

  test('sends the last 200 lines first, then each line as it is written', async () => {
    write(viewer.path, ...numbered(300));
    const follower = await Follower.open(viewer);
    await follower.untilLine('line 300');
    expect(follower.lines).toEqual(numbered(300).slice(100));
    write(viewer.path, '<b>bold</b>', '\u001B[31mred\u001B[0m', '你好 👋');
    await follower.untilLine('你好 👋');
    expect(follower.lines.slice(200)).toEqual(['<b>bold</b>', '\u001B[31mred\u001B[0m', '你好 👋']);
    expect(follower.notices).toEqual(['Connecting to box …', `Following ${viewer.path} on box`]);
  });

  test('follows a log across its rotation, and reports it', async () => {
    const follower = await Follower.open(viewer);
    write(viewer.path, 'before');
    await follower.untilLine('before');
    renameSync(viewer.path, `${viewer.path}.1`);
    writeFileSync(viewer.path, 'after\n');
    await follower.untilLine('after');
    await follower.until(() => follower.notices.some((notice) => /has (been replaced|appeared)/.test(notice)));
    expect(follower.lines).toEqual(['before', 'after']);
  });

  test('on quit answers "close connect", closes, and the remote tail ends', async () => {
    const follower = await Follower.open(viewer);
    await follower.untilNotice('Following');
    await untilTails(viewer.path, 1);
    follower.socket.send('quit');
    await follower.untilNotice('close connect');
    expect(await follower.socket.closed).toMatchObject({ code: 1000, reason: 'quit', wasClean: true });
    await untilTails(viewer.path, 0);
    const again = await Follower.open(viewer);
    await again.untilNotice('Following');
    await untilTails(viewer.path, 1);
    again.socket.terminate();
    await untilTails(viewer.path, 0);
  });

  test('ends the remote tail when the session of its viewer is logged out', async () => {
    const cookie = await signIn(viewer.url);
    const follower = await Follower.open(viewer, 1, cookie);
    await follower.untilNotice('Following');
    await fetch(`${viewer.url}/logout`, { method: 'POST', headers: { Cookie: cookie }, redirect: 'manual' });
    expect((await follower.socket.closed).code).toBe(3000);
    await untilTails(viewer.path, 0);
  });

  test('shares one tail among all viewers of a log; a later viewer gets the last lines first', async () => {
    write(viewer.path, ...numbered(250));
    const first = await Follower.open(viewer);
    await first.untilLine('line 250');
    const second = await Follower.open(viewer);
    await second.untilLine('line 250');
    expect(second.lines).toEqual(numbered(250).slice(50));
    write(viewer.path, 'new');
    await Promise.all([first.untilLine('new'), second.untilLine('new')]);
    expect(tailsOf(viewer.path)).toHaveLength(1);
    first.socket.terminate();
    await first.socket.closed;
    write(viewer.path, 'for the second');
    await second.untilLine('for the second');
    expect(tailsOf(viewer.path)).toHaveLength(1);
  });

  test('sends a reader who keeps up all of 200,000 lines in order', async () => {
    const follower = await Follower.open(viewer);
    await follower.untilFollowing(viewer.path);
    const expected = ['ready', ...numbered(200_000)];
    const file = createWriteStream(viewer.path, { flags: 'a' });
    for (let start = 1; start < expected.length; start += 10_000) {
      if (!file.write(`${expected.slice(start, start + 10_000).join('\n')}\n`)) await once(file, 'drain');
    }
    file.end();
    await follower.until(() => follower.lines.length >= expected.length);
    expect(follower.lines).toEqual(expected);
    expect(follower.skipped).toBe(0);
  });

  test('holds the host back while its only reader pauses, and loses nothing', async () => {
    const follower = await Follower.open(viewer);
    await follower.untilFollowing(viewer.path);
    const expected = ['ready', ...numbered(200_000, 'a line that is somewhat longer, so that buffers fill:')];
    const file = createWriteStream(viewer.path, { flags: 'a' });
    file.end(`${expected.slice(1).join('\n')}\n`);
    await once(file, 'close');
    const [socket] = viewer.example.app.sockets;
    // 12 MB are written; only the high-water mark and one chunk of ssh wait here.
    while (socket!.bufferedAmount < 64 * 1024) await new Promise((resolve) => setTimeout(resolve, 5));
    for (let turns = 0; turns < 20; turns++) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      expect(socket!.bufferedAmount).toBeLessThan(1024 * 1024);
    }
    await follower.until(() => follower.lines.length >= expected.length);
    expect(follower.lines).toEqual(expected);
    expect(follower.skipped).toBe(0);
  });

  test('does not let a slow reader hold back another, and tells it how many lines it missed', async () => {
    const [quick, slow] = [await Follower.open(viewer), await Follower.open(viewer)];
    await quick.untilFollowing(viewer.path);
    await slow.untilLine('ready');
    const expected = ['ready', ...numbered(200_000, 'a line that is somewhat longer, so that buffers fill:')];
    const file = createWriteStream(viewer.path, { flags: 'a' });
    file.end(`${expected.slice(1).join('\n')}\n`);
    await quick.until(() => quick.lines.length + quick.skipped >= expected.length);
    expect(quick.lines.at(-1)).toBe(expected.at(-1));
    await slow.until(() => slow.lines.length + slow.skipped >= expected.length);
    expect(slow.skipped).toBeGreaterThan(0);
  });

  test('continues after a restart of sshd with the lines written meanwhile, once', async () => {
    write(viewer.path, ...numbered(30));
    const follower = await Follower.open(viewer);
    await follower.untilLine('line 30');
    await viewer.sshd.stop();
    await follower.untilNotice('The connection to box has gone');
    write(viewer.path, 'meanwhile');
    await follower.untilNotice('the connection was refused');
    await viewer.restartSshd();
    await follower.untilLine('meanwhile');
    write(viewer.path, 'later');
    await follower.untilLine('later');
    expect(follower.lines).toEqual([...numbered(30), 'meanwhile', 'later']);
  });

  test('shows a missing file as soon as it exists', async () => {
    const path = join(viewer.folder, 'later.log');
    const follower = await Follower.open(viewer, addLog('later', path));
    await follower.untilNotice('No such file or directory');
    write(path, 'here I am');
    await follower.untilLine('here I am');
  });

  test('reports why a file cannot be read', async () => {
    const directory = await Follower.open(viewer, addLog('directory', viewer.folder));
    await directory.untilNotice('tail: ');
    const forbidden = await Follower.open(viewer, addLog('forbidden', '/proc/1/mem'));
    await forbidden.untilNotice('tail: ');
  });

  test('reads exactly the path in the database, whatever a shell would make of it', async () => {
    const names = ["it's", '$(touch owned)', '-n 5', 'a b;c', '`id`', '*', '"quoted"'];
    for (const [index, name] of names.entries()) {
      const path = join(viewer.folder, name);
      write(path, `in ${name}`);
      const follower = await Follower.open(viewer, addLog(`odd-${index}`, path));
      await follower.untilLine(`in ${name}`);
      follower.socket.terminate();
    }
  });

  test('identifies logs only by their ids', async () => {
    for (const id of ['99', '0', '1.5', '%2Fetc%2Fpasswd', '1;ls']) {
      const follower = await Follower.open(viewer, id);
      await follower.untilNotice('There is no such log');
      expect((await follower.socket.closed).code).toBe(1000);
    }
  });

  describe('refuses, with a line that says what to do,', () => {
    const firstFailure = async (id: number): Promise<string> => {
      const follower = await Follower.open(viewer, id);
      while (await follower.read());
      return follower.notices.at(-1)!;
    };
    const addHost = (name: string, changes: object): number => {
      const { port, login, keyFile } = viewer.sshd;
      viewer.example.logs.addHost({ name, address: '127.0.0.1', port, login, keyFile, ...changes });
      viewer.example.logs.addLog({ host: name, type: 'app', path: viewer.path });
      return viewer.example.logs.logs().find((log) => log.host === name)!.id;
    };

    test('a host whose key is unknown, changed or revoked', async () => {
      const { knownHostsFile, port } = viewer.sshd;
      const [, type, key] = readFileSync(knownHostsFile, 'utf8').split(/\s+/);
      writeFileSync(knownHostsFile, '');
      expect(await firstFailure(1)).toBe(
        `The key of box (127.0.0.1:${port}) is not in the file of known hosts. Check it, then add it: ` +
          `ssh-keyscan -p ${port} 127.0.0.1`,
      );
      const other = `${key!.slice(0, -6)}AAAAAA`;
      writeFileSync(knownHostsFile, `[127.0.0.1]:${port} ${type} ${other}\n`);
      expect(await firstFailure(1)).toContain('it may be another machine');
      writeFileSync(knownHostsFile, `@revoked * ${type} ${key}\n[127.0.0.1]:${port} ${type} ${key}\n`);
      expect(await firstFailure(1)).toContain('was revoked');
    });

    test('a login that the host does not accept, a missing or invalid key, a missing agent', async () => {
      const keyFile = join(viewer.folder, 'host-key');
      const { port, login } = viewer.sshd;
      expect(await firstFailure(addHost('wrong-key', { keyFile }))).toBe(
        `wrong-key (127.0.0.1:${port}) does not accept the login of ${login}: ${seeOutput}`,
      );
      for (const path of ['/nowhere/key', viewer.folder, `${keyFile}/key`, join(viewer.folder, 'known-hosts')]) {
        const name = `no-key-${path.length}`;
        expect(await firstFailure(addHost(name, { keyFile: path }))).toBe(
          `The key of ${name} cannot be read: ${seeOutput}`,
        );
      }
      expect(await firstFailure(addHost('agent', { keyFile: null }))).toBe(
        'There is no ssh agent: start one, and set SSH_AUTH_SOCK',
      );
    });
  });

  test('reports that a host is down, and retries', async () => {
    viewer.example.logs.addHost({
      name: 'box',
      address: '127.0.0.1',
      port: 9,
      login: 'x',
      keyFile: viewer.sshd.keyFile,
    });
    viewer.example.logs.addLog({ host: 'box', type: 'app', path: viewer.path });
    const { id } = viewer.example.logs.logs()[0]!;
    const follower = await Follower.open(viewer, id);
    await follower.untilNotice('Cannot reach box (127.0.0.1:9): the connection was refused. Trying again in 1 s');
    await follower.until(() => follower.notices.filter((notice) => notice.includes('refused')).length === 3);
  });
});

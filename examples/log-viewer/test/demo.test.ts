import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { connect } from '@turnout/core';
import { describe, expect, test } from 'vitest';
import { signIn, sshdPath } from './running-viewer.ts';

describe.skipIf(sshdPath === undefined)('--demo', () => {
  test('serves a log that writes itself, on an sshd of its own, and leaves nothing behind', async () => {
    const child = spawn(
      process.execPath,
      ['--conditions=@turnout/source', '--import', 'tsx', 'src/main.ts', '--demo'],
      {
        cwd: fileURLToPath(new URL('..', import.meta.url)),
        env: { ...process.env, PORT: '0', HOST: '127.0.0.1' },
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const exit = once(child, 'exit');
    const lines = createInterface({ input: child.stdout });
    const [credentials] = (await once(lines, 'line')) as [string];
    const [, user, password] = /sign in as (\S+) with (\S+)$/.exec(credentials)!;
    const [address] = (await once(lines, 'line')) as [string];
    const url = address.slice('listening on '.length);
    const socket = await connect(`${url}/logs/1`, { headers: { Cookie: await signIn(url, user, password) } });
    let count = 0;
    // The 200 that come first, and some that are written meanwhile.
    while (count < 203) {
      const { type, data } = JSON.parse(String(await socket.receive())) as { type: string; data: string[] };
      if (type === 'lines') count += data.length;
    }
    child.kill('SIGTERM');
    expect((await socket.closed).code).toBe(1001);
    expect(await exit).toEqual([0, null]);
  });
});

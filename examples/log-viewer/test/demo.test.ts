import { once } from 'node:events';
import { connect } from '@turnout/core';
import { startProcess } from '@turnout/example-host/testing';
import { describe, expect, onTestFinished, test } from 'vitest';
import { signIn, sshdPath } from './running-viewer.ts';

describe.skipIf(sshdPath === undefined)('--demo', () => {
  test('serves a generated log on its own sshd, and leaves nothing behind', async () => {
    const demo = startProcess({ folder: new URL('..', import.meta.url), parameters: ['--demo'] });
    onTestFinished(() => demo.kill());
    const exit = once(demo.child, 'exit');
    const url = await demo.url;
    const [, user, password] = /sign in as (\S+) with (\S+)$/.exec(demo.lines[0]!)!;
    const socket = await connect(`${url}/logs/1`, { headers: { Cookie: await signIn(url, user, password) } });
    let count = 0;
    // The first 200, and some that are written meanwhile.
    while (count < 203) {
      const { type, data } = JSON.parse(String(await socket.receive())) as { type: string; data: string[] };
      if (type === 'lines') count += data.length;
    }
    demo.child.kill('SIGTERM');
    expect((await socket.closed).code).toBe(1001);
    expect(await exit).toEqual([0, null]);
  });
});

import { describe, expect, onTestFinished, test } from 'vitest';
import { startRedis } from '../src/daemon.ts';
import { askRedis } from '../src/redis-servers.ts';
import { requireSystemPart } from '../src/system-part.ts';

describe.skipIf(requireSystemPart('redis-server') === undefined)('a server that a test starts', () => {
  test('can be killed even if it has already ended, and restarted', async () => {
    const daemon = await startRedis();
    onTestFinished(() => daemon.stop());
    daemon.signal('SIGKILL');
    await expect.poll(() => daemon.isRunning).toBe(false);
    await daemon.kill();
    await daemon.kill();
    await daemon.resume();
    expect(daemon.isRunning).toBe(true);
    expect(await askRedis(daemon.port, 'PING')).toBe('PONG');
  });
});

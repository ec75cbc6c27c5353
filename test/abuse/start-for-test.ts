import { onTestFinished } from 'vitest';
import { AbusedServer, type AbusedOptions } from './abused-server.ts';
import { ChildServer } from './child-process.ts';

/** A small space for young objects: otherwise its growth would look like a leak. */
const steadyHeap = ['--max-semi-space-size=4'];

/** A separate server for one test, because a process rarely returns memory to the system. */
export async function startForTest({ flags = [], ...options }: AbusedOptions = {}): Promise<AbusedServer> {
  const server = await AbusedServer.start({ ...options, flags: [...steadyHeap, ...flags] });
  onTestFinished(() => server.stop());
  return server;
}

/** The same for `ws`, which echoes at `/echo` and ignores messages elsewhere. */
export async function startWsForTest(settings: object = {}): Promise<ChildServer> {
  const child = await ChildServer.start('ws-server', { settings, flags: steadyHeap });
  onTestFinished(() => child.stop());
  return child;
}

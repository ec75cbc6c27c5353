import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What the threads of this run share; they are of one process. */
export const sharedFolder = join(tmpdir(), `turnout-shared-${process.pid}`);

/** Called by Vitest once all tests of the run are over: a thread is ended without notice. */
export function teardown(): Promise<void> {
  return rm(sharedFolder, { recursive: true, force: true });
}

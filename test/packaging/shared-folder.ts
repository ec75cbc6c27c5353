import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder that the threads of this run, which are in one process, share. */
export const sharedFolder = join(tmpdir(), `turnout-shared-${process.pid}`);

/** Called by Vitest after all tests of the run, because a thread is ended without notice. */
export function teardown(): Promise<void> {
  return rm(sharedFolder, { recursive: true, force: true });
}

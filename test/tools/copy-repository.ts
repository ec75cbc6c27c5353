import { cp, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryFiles } from '../../tools/repository-files.mjs';
import { root } from '../architecture/read-workspace.ts';

/** The files of the repository as a clone would have them, in a new folder. */
export async function copyRepository(pattern = /./): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'turnout-clone-'));
  await Promise.all(repositoryFiles(pattern).map((file) => cp(join(root, file), join(folder, file))));
  return folder;
}

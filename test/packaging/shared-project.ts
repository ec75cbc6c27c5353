import { mkdir } from 'node:fs/promises';
import { installProject, type InstalledProject } from './installed-project.ts';
import { sharedFolder } from './shared-folder.ts';

/** In ms: a busy machine takes minutes to pack all of them. */
export const packingTimeout = 600_000;

let installed: Promise<InstalledProject> | undefined;

/** One project with the packed packages, for all tests of this thread: packing takes its time. */
export function sharedProject(): Promise<InstalledProject> {
  installed ??= mkdir(sharedFolder, { recursive: true }).then(() => installProject([], sharedFolder));
  return installed;
}

import { rmSync } from 'node:fs';
import { installProject, type InstalledProject } from './installed-project.ts';

/** In ms: a busy machine takes minutes to pack all of them. */
export const packingTimeout = 600_000;

let installed: Promise<InstalledProject> | undefined;

/** One project with the packed packages, for all tests of this thread: packing takes its time. */
export function sharedProject(): Promise<InstalledProject> {
  installed ??= installProject().then((project) => {
    process.once('exit', () => rmSync(project.folder, { recursive: true, force: true }));
    return project;
  });
  return installed;
}

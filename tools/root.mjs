import { fileURLToPath } from 'node:url';

/** The repository's folder: every tool works from here, whatever the caller's working directory is. */
export const root = fileURLToPath(new URL('..', import.meta.url));

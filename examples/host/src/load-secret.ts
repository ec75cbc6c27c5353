import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The key that signs session cookies: created on first start and stored in the data folder, readable only by its owner.
 */
export function loadSecret(dataDir: string): string {
  const path = join(dataDir, 'secret');
  const known = readIfThere(path);
  if (known) return known;
  const secret = randomBytes(32).toString('base64url');
  // Written under another name first, so that a process killed here leaves no incomplete secret behind.
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, secret, { mode: 0o600 });
  renameSync(draft, path);
  return secret;
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../architecture/read-workspace.ts';

/** The rules of the user `turnout` in the README that begin with `start`. */
export function aclOf(start: string): string[] {
  const readme = readFileSync(join(root, 'packages/brokers/redis/README.md'), 'utf8');
  const line = readme.split('\n').find((each) => each.startsWith(`ACL SETUSER turnout ${start}`));
  if (line === undefined) throw new Error(`The README has no ACL that begins with ${start}`);
  return line.split(' ').slice(3);
}

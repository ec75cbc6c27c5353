// node tools/release-notes.mjs TAG: prints the notes of the release; fails if the packages have another version.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { releaseNotes } from './changelog.mjs';
import { sharedVersion } from './published-packages.mjs';
import { root } from './root.mjs';

const [tag] = process.argv.slice(2);
const version = sharedVersion();
if (tag !== `v${version}`) {
  console.error(`The tag is ${tag}, the packages have the version ${version}`);
  process.exitCode = 1;
} else {
  console.log(releaseNotes(readFileSync(join(root, 'CHANGELOG.md'), 'utf8'), version));
}

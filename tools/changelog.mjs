const unreleasedHeading = '## Unreleased';

/**
 * The unreleased changes.
 *
 * @param {string} changelog
 * @throws {Error} if that section is missing
 */
export function unreleasedChanges(changelog) {
  return sectionOf(changelog, unreleasedHeading);
}

/**
 * The notes of a release.
 *
 * @param {string} changelog
 * @param {string} version such as `1.2.0`
 * @throws {Error} if the changelog lacks that version
 */
export function releaseNotes(changelog, version) {
  return sectionOf(changelog, `## ${version} `);
}

/**
 * The changelog with the unreleased changes moved to a version.
 *
 * @param {string} changelog
 * @param {string} version
 * @param {string} date as `2026-01-31`
 */
export function cutRelease(changelog, version, date) {
  return changelog.replace(`${unreleasedHeading}\n`, `${unreleasedHeading}\n\n## ${version} - ${date}\n`);
}

/**
 * The version that Semantic Versioning requires after these changes; before 1.0 a minor version may break.
 *
 * @param {string} current version
 * @param {string} changes of the changelog
 * @throws {Error} if nothing has changed
 */
export function nextVersion(current, changes) {
  if (!/^- /m.test(changes)) throw new Error('Nothing to release: the changelog has no entry under "Unreleased"');
  const [major = 0, minor = 0, patch = 0] = current.split('.').map(Number);
  const isBreaking = /^### Breaking$/m.test(changes);
  if (isBreaking && major > 0) return `${major + 1}.0.0`;
  return isBreaking || /^### New$/m.test(changes) ? `${major}.${minor + 1}.0` : `${major}.${minor}.${patch + 1}`;
}

/**
 * @param {string} changelog
 * @param {string} heading how its line begins
 */
function sectionOf(changelog, heading) {
  const lines = changelog.split('\n');
  const start = lines.findIndex((line) => line.startsWith(heading));
  if (start < 0) throw new Error(`CHANGELOG.md has no section ${JSON.stringify(heading.trim())}`);
  const length = lines.slice(start + 1).findIndex((line) => line.startsWith('## '));
  return lines
    .slice(start + 1, length < 0 ? undefined : start + 1 + length)
    .join('\n')
    .trim();
}

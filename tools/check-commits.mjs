// node tools/check-commits.mjs RANGE: checks each commit of `git log RANGE`. Its subject has at most 72 characters. If
// it changes the source of a package, the range also changes CHANGELOG.md, or a trailer says why users cannot notice:
// "Changelog: none, REASON".
import { execFileSync } from 'node:child_process';

const [range = 'HEAD~1..HEAD'] = process.argv.slice(2);
const sources = [':(top,glob)packages/*/src/**', ':(top,glob)packages/*/*/src/**'];
const maxSubject = 72;

/**
 * @param {string[]} paths empty for every commit
 * @returns the commits of the range that change the paths
 */
function commits(paths = []) {
  const format = '%h%x09%(trailers:key=Changelog,valueonly,separator=%x2C)%x09%s';
  const parameters = ['log', '--no-merges', `--format=${format}`, range, '--', ...paths];
  const lines = execFileSync('git', parameters, { encoding: 'utf8' }).split('\n').filter(Boolean);
  return lines.map((line) => {
    const [hash = '', changelog = '', ...subject] = line.split('\t');
    return { hash, changelog, subject: subject.join('\t') };
  });
}

/**
 * @param {ReturnType<typeof commits>} faulty
 * @param {string} fault
 */
function report(faulty, fault) {
  if (faulty.length === 0) return;
  console.error(fault);
  for (const { hash, subject } of faulty) console.error(`  ${hash} ${subject}`);
  process.exitCode = 1;
}

report(
  commits().filter(({ subject }) => subject.length > maxSubject),
  `The subjects of these commits have more than ${maxSubject} characters:`,
);
report(
  commits([':(top)CHANGELOG.md']).length > 0
    ? []
    : commits(sources).filter(({ changelog }) => !/^none, ./.test(changelog)),
  'These commits change packages, and CHANGELOG.md has no line for them. Add it, or the trailer "Changelog: none, REASON":',
);

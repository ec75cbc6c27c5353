// The phrases that this project writes in plainer words. `node tools/plain-english.mjs [FOLDER…]` prints where they
// are; `pnpm check` fails if there is any.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { repositoryFiles } from './repository-files.mjs';
import { root } from './root.mjs';

/** @type {readonly [phrase: RegExp, instead: string][]} */
const phrases = [
  [/\b(?<!\b[Tt]here )([Ii]s|[Aa]re|was|were) none\b/, '"does not exist", "there is no …", "is not a …"'],
  [
    /\b(?<!\bthere )(is|are|was|were) no (?!(longer|more|less|fewer|other|one|match|reason|substitute|use)\b)\w/i,
    '"is not a …", "there is no …"',
  ],
  [/\b(it|that|this|they|one) (has|have) none\b/i, '"has no …"'],
  [/\bnobody must\b/i, '"nobody has to", "must not"'],
  [/\bwho (goes|adds|holds most|is behind|waits)\b/i, 'name it: "the socket that …"'],
  [/\bholds most\b/i, '"holds the most"'],
  [/\bwhere (it|there) (is|are) (not there|none|not)\b/i, '"if there is no …", "if it is missing"'],
  [/\bso many\b/i, '"this many", "the same number", or the number'],
  [/\bcomes? back\b/i, '"reconnects", "returns", "recovers"'],
  [/\baloud\b/i, '"and says so"'],
  [/\banew\b/i, '"again", "from scratch"'],
  [/\bgoodbye\b/i, '"closing handshake"'],
  [/\bwithout a word\b/i, '"silently"'],
  [/\bfor good\b/i, '"permanently"'],
  [/\bstood still\b/i, '"was blocked"'],
  [/\bnow and then\b/i, '"periodically", "sometimes"'],
  [/\b(can|don|doesn|isn|won|shouldn|wouldn)'t\b/i, 'no contractions'],
  [/\bgoes with (a|its|the) (close )?code\b/i, '"is closed with code …"'],
];

/** Phrases of other programs, which code and tests must quote exactly. */
const quoted = /The user executing the script can't|can't run this command/g;

/** Files that may contain them: the history, and these words themselves. */
const exempt = /^(CHANGELOG\.md|tools\/plain-english\.mjs|test\/tools\/plain-english\.test\.ts)$/;

/**
 * @param {string} text
 * @returns {{ line: number, phrase: string, instead: string }[]}
 */
export function findPhrases(text) {
  return text.split('\n').flatMap((line, index) =>
    phrases.flatMap(([phrase, instead]) => {
      const match = phrase.exec(line.replace(quoted, ''));
      return match === null ? [] : [{ line: index + 1, phrase: match[0], instead }];
    }),
  );
}

/**
 * `FILE:LINE: "PHRASE": write INSTEAD`, for all files whose paths begin with one of `beginnings`.
 *
 * @param {readonly string[]} [beginnings]
 */
export function findComplaints(beginnings = ['']) {
  return repositoryFiles(/\.(ts|tsx|js|mjs|md|html|ejs|py)$/)
    .filter((file) => !exempt.test(file) && beginnings.some((beginning) => file.startsWith(beginning)))
    .flatMap((file) =>
      findPhrases(readFileSync(join(root, file), 'utf8')).map(
        ({ line, phrase, instead }) => `${file}:${line}: "${phrase}": write ${instead}`,
      ),
    );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const beginnings = process.argv.slice(2);
  for (const complaint of findComplaints(beginnings.length > 0 ? beginnings : undefined)) console.log(complaint);
}

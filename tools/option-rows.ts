/** The parts of a declaration that are checked: an option of `@turnout/core/options`. */
export interface DeclaredOption {
  readonly default: unknown;
  readonly expected: string;
}

/** The declarations by their names in the README. */
export type DeclaredOptions = Readonly<Record<string, DeclaredOption>>;

interface Row {
  readonly names: readonly string[];
  readonly text: string;
}

/**
 * Compares the rows of a README with declarations: each option has a row, each row an option, and the defaults and
 * bounds that a row states are those of the declaration. The rows are the bullets between `<!-- options: NAME -->` and
 * `<!-- /options -->` that begin with a name.
 *
 * @returns the faults, one per line
 * @throws {Error} if the document has no such marks
 */
export function findOptionFaults(document: string, mark: string, declared: DeclaredOptions): string[] {
  const rows = readRows(sectionOf(document, mark));
  const named = new Set(rows.flatMap(({ names }) => names));
  const missing = Object.keys(declared).filter((name) => !named.has(name));
  const faults = rows.flatMap(({ names, text }) =>
    names.flatMap((name, index) => faultsOf(name, text, { index, option: declared[name] })),
  );
  return [...missing.map((name) => `${name} has no row`), ...faults];
}

function sectionOf(document: string, mark: string): string {
  const start = document.indexOf(`<!-- options: ${mark} -->`);
  const end = document.indexOf('<!-- /options -->', start);
  if (start < 0 || end < 0) throw new Error(`Missing marks: expected <!-- options: ${mark} --> and <!-- /options -->`);
  return document.slice(start, end);
}

function readRows(section: string): Row[] {
  const bullets = section.split(/^ *- /m).slice(1);
  return bullets.flatMap((bullet) => {
    const text = bullet.replaceAll(/\s+/g, ' ');
    const head = /^(`[a-z]\w*(\([^`]*\))?`(, )?)+/i.exec(text)?.[0];
    if (head === undefined) return [];
    return [{ names: [...head.matchAll(/`(\w+)/g)].map(([, name]) => name ?? ''), text }];
  });
}

interface Place {
  /** Its index among the names of its row. */
  readonly index: number;
  readonly option: DeclaredOption | undefined;
}

function faultsOf(name: string, text: string, { index, option }: Place): string[] {
  if (option === undefined) return [`${name} is not an option`];
  const faults: string[] = [];
  const stated = /Default: (.+?)\.( |$)/.exec(text)?.[1]?.replaceAll(/[`']/g, '');
  if (stated === undefined) faults.push(`${name} states no default`);
  const parts = stated?.split(/ and |, (?=\D)/) ?? [];
  const own = parts[index] ?? parts.at(-1) ?? '';
  const forms = formsOf(option.default);
  if (stated !== undefined && forms.length > 0 && !forms.some((form) => own === form || own.startsWith(`${form} `))) {
    faults.push(`${name} has the default ${forms[0]}, and states ${own}`);
  }
  const bounds = boundsOf(option.expected).filter((bound) => !text.includes(bound));
  return [...faults, ...bounds.map((bound) => `${name} does not state its bound ${bound}`)];
}

/** How READMEs write a value; nothing for a default that is not a value. */
function formsOf(value: unknown): string[] {
  if (typeof value === 'boolean' || typeof value === 'string') return [String(value)];
  if (typeof value !== 'number') return [];
  const forms = [value.toLocaleString('en-US'), String(value)];
  if (value % 1024 === 0 && value > 0) forms.push(`${value / 1024} KiB`, `${value / 1024 ** 2} MiB`);
  if (value === 86_400_000) forms.push('1 day');
  if (value === Infinity) forms.push('Infinity');
  return forms;
}

/** The bounds that must be stated: not the maximum of times, nor 0 and 1. */
function boundsOf(expected: string): string[] {
  const range = /^a whole number of (\d+)(?: to (\d+))?(?:.*, or (Infinity))?/.exec(expected);
  const bounds = range?.slice(1).filter((bound) => bound !== undefined) ?? [];
  return bounds
    .filter((bound) => !['0', '1', '2147483647'].includes(bound))
    .map((bound) => (bound === 'Infinity' ? bound : Number(bound).toLocaleString('en-US')));
}

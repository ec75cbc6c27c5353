/**
 * A conversation between a client and a server that a document shows and a test replays: a `text` block under the
 * comment `<!-- conversation: NAME -->`. Its lines are
 *
 * - `> …` the client sends it,
 * - `< …` the next message of the server, its keys in any order; `< close CODE REASON` the server closes,
 * - `# …` another event, in the words of `scene.ts`.
 *
 * `"E1"` stands for an epoch, the same one each time, and `…` for anything: a value, or further items of a list.
 */
export interface Conversation {
  readonly name: string;
  readonly line: number;
  readonly steps: readonly Step[];
}

export interface Step {
  readonly kind: 'send' | 'receive' | 'close' | 'happen';
  readonly text: string;
}

const marked = /^<!-- conversation: ([\w-]+) -->\n+```text\n([\s\S]*?)^```$/gm;
const marks = /^<!-- conversation:/gm;

/**
 * Finds the conversations of a document.
 *
 * @throws {Error} if a mark has no `text` block under it, or a line cannot be replayed
 */
export function findConversations(document: string): Conversation[] {
  const conversations = [...document.matchAll(marked)].map(({ 1: name = '', 2: block = '', index }): Conversation => ({
    name,
    line: document.slice(0, index).split('\n').length,
    steps: block.trimEnd().split('\n').map(parseStep),
  }));
  if (document.match(marks)?.length !== conversations.length) throw new Error('A mark has no text block under it');
  return conversations;
}

const kinds: readonly (readonly [string, Step['kind']])[] = [
  ['> ', 'send'],
  ['< close ', 'close'],
  ['< ', 'receive'],
  ['# ', 'happen'],
];

function parseStep(line: string): Step {
  const [start, kind] = kinds.find(([begin]) => line.startsWith(begin)) ?? [];
  if (start === undefined || kind === undefined) throw new Error(`No line of a conversation: ${line}`);
  return { kind, text: line.slice(start.length) };
}

/** Parses a message as shown. */
export function parseShown(text: string): unknown {
  return JSON.parse(text.replaceAll('…', '"…"'));
}

/** The values of a conversation's placeholders. */
export class Placeholders {
  readonly #epochs = new Map<string, unknown>();

  /** Text that the client sends. */
  fillText(text: string): string {
    return text.replaceAll(/"(E\d)"/g, (_, name: string) => JSON.stringify(this.#epochs.get(name)));
  }

  /** The expected message, given the received one. */
  fillMessage(text: string, actual: unknown): unknown {
    return this.#fill(parseShown(text), actual);
  }

  #fill(expected: unknown, actual: unknown): unknown {
    if (expected === '…') return actual;
    if (typeof expected === 'string' && /^E\d$/.test(expected)) return this.#epoch(expected, actual);
    if (Array.isArray(expected)) return this.#fillList(expected, Array.isArray(actual) ? actual : []);
    if (typeof expected !== 'object' || expected === null) return expected;
    const known = Object(actual) as Record<string, unknown>;
    return Object.fromEntries(Object.entries(expected).map(([key, value]) => [key, this.#fill(value, known[key])]));
  }

  #fillList(expected: readonly unknown[], actual: readonly unknown[]): unknown[] {
    const shown = expected.at(-1) === '…' ? expected.slice(0, -1) : expected;
    const rest = shown === expected ? [] : actual.slice(shown.length);
    return [...shown.map((value, index) => this.#fill(value, actual[index])), ...rest];
  }

  #epoch(name: string, actual: unknown): unknown {
    if (!this.#epochs.has(name) && ![...this.#epochs.values()].includes(actual)) this.#epochs.set(name, actual);
    return this.#epochs.get(name);
  }
}

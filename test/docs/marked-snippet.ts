/**
 * A fenced block of a document that is tested because of a comment above it:
 *
 * - `<!-- check: NAME -->`: it compiles against the built packages.
 * - `<!-- run: NAME -->`: it also starts a server that answers; see `Exchange`.
 * - `<!-- test: NAME -->`: it is also a program of `node:test` whose tests pass.
 */
export interface MarkedSnippet {
  readonly document: string;
  readonly line: number;
  readonly name: string;
  readonly mode: Mode;
  readonly language: 'js' | 'ts';
  readonly code: string;
  readonly exchange: Exchange;
}

type Mode = 'check' | 'run' | 'test';

/**
 * The message sent to the server of a snippet, and text that the answer must contain. The comment may set them, as in
 * `<!-- run: chat {"path": "/chat", "send": "hi", "receive": "hi"} -->`; otherwise "hello" is sent to the first route
 * of the snippet, and the answer must contain "hello".
 */
export interface Exchange {
  readonly path: string;
  readonly send: string;
  readonly receive: string;
}

const marked = /^<!-- (run|check|test): ([\w-]+) ?(\{.*\})? -->\n+```(\w+)\n([\s\S]*?)^```$/gm;
const marks = /^<!-- (run|check|test):/gm;

/**
 * Finds the marked blocks of a document.
 *
 * @throws {Error} if a mark has no js or ts block under it, so that no mark is overlooked
 */
export function findMarkedSnippets(document: string, text: string): MarkedSnippet[] {
  const snippets = [...text.matchAll(marked)].map((match): MarkedSnippet => {
    const [, mode, name = '', exchange = '{}', language, code = ''] = match;
    if (language !== 'js' && language !== 'ts') throw new Error(`${document}: ${name} is neither js nor ts`);
    return {
      document,
      line: text.slice(0, match.index).split('\n').length,
      name,
      mode: mode as Mode,
      language,
      code,
      exchange: { ...defaultExchange(code), ...(JSON.parse(exchange) as Partial<Exchange>) },
    };
  });
  const markCount = text.match(marks)?.length ?? 0;
  if (markCount !== snippets.length) throw new Error(`${document} has a mark without a code block`);
  return snippets;
}

function defaultExchange(code: string): Exchange {
  const route = /\.ws\(\s*['"](\/[^'"]*)['"]/.exec(code)?.[1] ?? '/';
  return { path: route, send: 'hello', receive: 'hello' };
}

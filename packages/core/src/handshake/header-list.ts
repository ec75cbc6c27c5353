import { HandshakeError } from '../errors.ts';
import type { HandshakeLimits } from '../limits.ts';
import { HeaderScanner } from './token-grammar.ts';

export type ListLimits = Pick<HandshakeLimits, 'maxListLength' | 'maxListItems'>;

export interface ListRules<Item> {
  readonly header: string;
  /** The code of every error in this list. */
  readonly code: string;
  readonly limits: ListLimits;
  /** Takes one element, which starts here; `null` when it breaks the grammar. */
  readonly takeItem: (scanner: HeaderScanner) => Item | null;
}

/**
 * Parses a comma-separated list that may be spread over several header fields of one name (RFC 9110 §5.3).
 *
 * Empty elements are refused: RFC 6455 §4.3 writes `1#element`, and no client sends them.
 *
 * @throws {HandshakeError} 400 on a syntax error, or over `maxListLength` (bytes) or `maxListItems`
 */
export function parseHeaderList<Item>(values: readonly string[], rules: ListRules<Item>): Item[] {
  if (values.length === 0) return [];
  const { header, code, limits } = rules;
  const list = values.join(', ');
  // Node decodes header bytes as latin1, one character a byte.
  const byteLength = Buffer.byteLength(list, 'latin1');
  if (byteLength > limits.maxListLength) {
    throw new HandshakeError(
      code,
      400,
      `${header} has ${byteLength} bytes, more than ${limits.maxListLength} (maxListLength)`,
    );
  }
  const scanner = new HeaderScanner(list);
  const items: Item[] = [];
  do {
    if (items.length >= limits.maxListItems) {
      throw new HandshakeError(code, 400, `${header} has more than ${limits.maxListItems} elements (maxListItems)`);
    }
    scanner.skipSpace();
    const item = rules.takeItem(scanner);
    if (item === null) throw syntaxError(header, code);
    items.push(item);
    scanner.skipSpace();
  } while (scanner.take(','));
  if (!scanner.atEnd) throw syntaxError(header, code);
  return items;
}

function syntaxError(header: string, code: string): HandshakeError {
  return new HandshakeError(code, 400, `${header} is malformed: see RFC 6455 section 4.3`);
}

/**
 * Whether an Upgrade or Connection list holds a token, whatever its case; false when the list is malformed.
 *
 *     Upgrade    = #( protocol-name [ "/" protocol-version ] )
 *     Connection = #connection-option
 *
 * Empty elements are ignored, as RFC 9110 §5.6.1.2 asks. A protocol with a version is another protocol.
 */
export function listIncludes(values: readonly string[], wanted: string): boolean {
  const scanner = new HeaderScanner(values.join(','));
  let found = false;
  do {
    scanner.skipSpace();
    const name = scanner.takeToken();
    const version = name !== '' && scanner.take('/') ? scanner.takeToken() : undefined;
    if (version === '') return false;
    if (version === undefined && name.toLowerCase() === wanted) found = true;
    scanner.skipSpace();
  } while (scanner.take(','));
  return found && scanner.atEnd;
}

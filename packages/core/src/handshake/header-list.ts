import type { HandshakeLimits } from '../limits.ts';
import { HeaderScanner } from './token-grammar.ts';

export type ListLimits = Pick<HandshakeLimits, 'maxListLength'>;

/** The length in bytes of a list that may be spread over several header fields of one name. */
export function listLength(values: readonly string[]): number {
  // Node decodes header bytes as latin1, one character a byte.
  return values.join(', ').length;
}

/**
 * Parses a comma-separated list that may be spread over several header fields of one name (RFC 9110 §5.3).
 *
 * Empty elements are ignored: "A recipient MUST parse and ignore a reasonable number of empty list elements"
 * (RFC 9110 §5.6.1.2). So is a field without any element.
 *
 * @param takeItem takes one element at the scanner's position; returns `null` if it breaks the grammar
 * @returns `null` if the list is malformed
 */
export function parseHeaderList<Item>(
  values: readonly string[],
  takeItem: (scanner: HeaderScanner) => Item | null,
): Item[] | null {
  const scanner = new HeaderScanner(values.join(', '));
  const items: Item[] = [];
  for (skipEmpty(scanner); !scanner.atEnd; skipEmpty(scanner)) {
    const item = takeItem(scanner);
    if (item === null) return null;
    items.push(item);
    scanner.skipSpace();
    if (!scanner.atEnd && !scanner.take(',')) return null;
  }
  return items;
}

/** Skips empty elements, and the whitespace before the next element. */
function skipEmpty(scanner: HeaderScanner): void {
  do scanner.skipSpace();
  while (scanner.take(','));
}

/**
 * Whether an Upgrade or Connection list contains a token, in any case; false if the list is malformed.
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

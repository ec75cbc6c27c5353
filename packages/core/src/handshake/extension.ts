import { listLength, parseHeaderList } from './header-list.ts';
import type { ListLimits } from './header-list.ts';
import { isToken } from './token-grammar.ts';
import type { HeaderScanner } from './token-grammar.ts';

/** One element of Sec-WebSocket-Extensions (§9.1); a parameter without a value has the value `true`. */
export interface ExtensionOffer {
  name: string;
  params: [name: string, value: string | true][];
}

/**
 * Parses the Sec-WebSocket-Extensions fields of a request or an answer (§9.1), in order.
 *
 *     extension-list  = 1#extension
 *     extension       = extension-token *( ";" extension-param )
 *     extension-param = token [ "=" (token | quoted-string) ]
 *
 * Unknown and repeated extensions and parameters are returned like any other: the negotiation declines them.
 * Empty elements and empty parameters are ignored (RFC 9110 §5.6.1.2, §5.6.6).
 *
 * @returns `null` if the list is malformed, or is over `maxListLength`
 */
export function parseExtensions(values: readonly string[], limits: ListLimits): ExtensionOffer[] | null {
  if (listLength(values) > limits.maxListLength) return null;
  return parseHeaderList(values, takeExtension);
}

/**
 * Formats a list of extensions.
 *
 * @throws {TypeError} if a name or value is not a token
 */
export function formatExtensions(extensions: readonly ExtensionOffer[]): string {
  return extensions.map(({ name, params }) => [token(name), ...params.map(formatParam)].join('; ')).join(', ');
}

function formatParam([name, value]: readonly [string, string | true]): string {
  return value === true ? token(name) : `${token(name)}=${token(value)}`;
}

function token(text: string): string {
  if (isToken(text)) return text;
  throw new TypeError(`Invalid extension: expected a token, got ${JSON.stringify(text)}`);
}

/** The ABNF has the "implied *LWS rule" (§4.3): whitespace is allowed on either side of `;` and `=`. */
function takeExtension(scanner: HeaderScanner): ExtensionOffer | null {
  const name = scanner.takeToken();
  if (name === '') return null;
  const params: ExtensionOffer['params'] = [];
  scanner.skipSpace();
  while (scanner.take(';')) {
    scanner.skipSpace();
    const param = scanner.takeToken();
    if (param === '') continue;
    scanner.skipSpace();
    const value = scanner.take('=') ? takeValue(scanner) : true;
    if (value === null) return null;
    params.push([param, value]);
    scanner.skipSpace();
  }
  return { name, params };
}

/** "the value after quoted-string unescaping MUST conform to the 'token' ABNF" (§9.1) */
function takeValue(scanner: HeaderScanner): string | null {
  scanner.skipSpace();
  if (!scanner.take('"')) return scanner.takeToken() || null;
  const value = scanner.takeQuotedRest();
  return value !== null && isToken(value) ? value : null;
}

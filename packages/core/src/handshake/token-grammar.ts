/**
 * The grammar that all handshake headers share: token and quoted-string of RFC 9110 §5.6.
 *
 * Every function walks its text once, by index; no regular expression is ever applied to a header value.
 */

// tchar = "!" / "#" / "$" / "%" / "&" / "'" / "*" / "+" / "-" / "." / "^" / "_" / "`" / "|" / "~" / DIGIT / ALPHA
const tokenCodes = new Uint8Array(128);
for (const char of "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") {
  tokenCodes[char.charCodeAt(0)] = 1;
}

const Tab = 0x09;
const Space = 0x20;
const Quote = 0x22;
const Backslash = 0x5c;

/** Quoting longer values would make an answer as large as the request. */
const maxQuotedLength = 64;

function isTokenCode(code: number): boolean {
  return tokenCodes[code] === 1;
}

/** Whether a field value may contain a byte (RFC 9110 §5.5): HTAB, SP, VCHAR, obs-text. */
function isValueCode(code: number): boolean {
  return code === Tab || (code >= Space && code <= 0xff && code !== 0x7f);
}

/** Whether the whole text is one token: `token = 1*tchar` (RFC 9110 §5.6.2). */
export function isToken(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    if (!isTokenCode(text.charCodeAt(index))) return false;
  }
  return text !== '';
}

/** Describes a received value in an error message: a short token as it is, anything else without quoting it. */
export function describeValue(value: string): string {
  if (value === '') return 'an empty value';
  return value.length <= maxQuotedLength && isToken(value) ? `"${value}"` : 'another value';
}

/**
 * Checks a header before it is written into a request or an answer (RFC 9110 §5.1, §5.5).
 *
 * @throws {TypeError} if the name is not a token, or the value is not a string or contains CR, LF, NUL, another control
 *   character or a character above U+00FF
 */
export function assertHeader(name: string, value: string): void {
  if (typeof name !== 'string' || !isToken(name)) throw new TypeError('Invalid header name: expected a token');
  if (typeof value !== 'string') {
    throw new TypeError(`Invalid value of header ${name}: expected a string, got ${typeof value}`);
  }
  for (let index = 0; index < value.length; index++) {
    const code = value.charCodeAt(index);
    if (isValueCode(code)) continue;
    const shown = code.toString(16).toUpperCase().padStart(4, '0');
    throw new TypeError(`Invalid value of header ${name}: character U+${shown} at index ${index}`);
  }
}

/** Walks one header value from left to right; each call either takes what is next or leaves it. */
export class HeaderScanner {
  readonly #text: string;
  #index = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get atEnd(): boolean {
    return this.#index === this.#text.length;
  }

  /** `OWS = *( SP / HTAB )` */
  skipSpace(): void {
    let code = this.#text.charCodeAt(this.#index);
    while (code === Space || code === Tab) code = this.#text.charCodeAt(++this.#index);
  }

  /** Takes the next character if it is `char`. */
  take(char: '"' | ',' | ';' | '=' | '/'): boolean {
    if (this.#text[this.#index] !== char) return false;
    this.#index++;
    return true;
  }

  /** Takes a token; `''` if there is none here. */
  takeToken(): string {
    const start = this.#index;
    while (isTokenCode(this.#text.charCodeAt(this.#index))) this.#index++;
    return this.#text.slice(start, this.#index);
  }

  /**
   * Takes the rest of a quoted string, after its opening quote, and resolves its escapes; `null` if the string is
   * unterminated or contains a forbidden byte.
   *
   *     quoted-string = DQUOTE *( qdtext / quoted-pair ) DQUOTE
   *     quoted-pair   = "\" ( HTAB / SP / VCHAR / obs-text )
   */
  takeQuotedRest(): string | null {
    let value = '';
    for (let code = this.#next(); isValueCode(code); code = this.#next()) {
      if (code === Quote) return value;
      if (code === Backslash) code = this.#next();
      if (!isValueCode(code)) return null;
      value += String.fromCharCode(code);
    }
    return null;
  }

  /** The next character's code; NaN, which no rule allows, after the last. */
  #next(): number {
    return this.#text.charCodeAt(this.#index++);
  }
}

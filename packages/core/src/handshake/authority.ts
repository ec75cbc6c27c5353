/**
 * Whether a Host value is a plausible authority (RFC 3986 §3.2.2, RFC 9112 §3.2).
 *
 *     Host = uri-host [ ":" port ]
 *
 * Narrower than the grammar: a name of letters, digits, `-`, `.`, `_` and `~`, or a bracketed IP literal. No host name
 * that a server answers to has percent escapes, `,` and the like, and they confuse later readers of the value.
 */
export function isAuthority(text: string): boolean {
  const isLiteral = text.startsWith('[');
  let index = isLiteral ? 1 : 0;
  const start = index;
  const isHostCode = isLiteral ? isAddressCode : isNameCode;
  while (isHostCode(text.charCodeAt(index))) index++;
  if (index === start) return false;
  if (isLiteral && text[index++] !== ']') return false;
  return index === text.length || (text[index] === ':' && isPort(text.slice(index + 1)));
}

/** `port = *DIGIT`: it may be empty (§3.2.3), and cannot be above 65535. */
function isPort(text: string): boolean {
  if (text.length > 5) return false;
  for (let index = 0; index < text.length; index++) {
    if (!isDigit(text.charCodeAt(index))) return false;
  }
  return Number(text) <= 65_535;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isNameCode(code: number): boolean {
  const lower = code | 0x20;
  return isDigit(code) || (lower >= 0x61 && lower <= 0x7a) || '-._~'.includes(String.fromCharCode(code));
}

function isAddressCode(code: number): boolean {
  const lower = code | 0x20;
  return isDigit(code) || (lower >= 0x61 && lower <= 0x66) || code === 0x3a || code === 0x2e;
}

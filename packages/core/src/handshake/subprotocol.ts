import { HandshakeError } from '../errors.ts';
import { listLength, parseHeaderList } from './header-list.ts';
import type { ListLimits } from './header-list.ts';
import { describeValue, isToken } from './token-grammar.ts';

/**
 * How a server chooses a subprotocol (§1.9): the ones it speaks, most preferred first, or a function that receives
 * those that the client offered and returns one of them, or `false` for none.
 */
export type ProtocolChoice = readonly string[] | ((offered: readonly string[]) => string | false);

const code = 'WS_ERR_HANDSHAKE_PROTOCOL';

const header = 'Sec-WebSocket-Protocol';

/**
 * Parses the Sec-WebSocket-Protocol fields of a request (§4.1, §4.3), in the client's order of preference. Browsers
 * cannot set any other header, so it also carries credentials of several KiB.
 *
 *     Sec-WebSocket-Protocol-Client = 1#token
 *
 * @throws {HandshakeError} 400 on a syntax error, an element offered twice ("MUST all be unique strings"), or over
 *   `maxListLength`
 */
export function parseProtocols(values: readonly string[], { maxListLength }: ListLimits): string[] {
  const length = listLength(values);
  if (length > maxListLength) {
    throw new HandshakeError(code, 400, `${header} has ${length} bytes, more than ${maxListLength} (maxListLength)`);
  }
  const protocols = parseHeaderList(values, (scanner) => scanner.takeToken() || null);
  if (protocols === null) throw new HandshakeError(code, 400, `${header} is malformed: see RFC 6455 section 4.3`);
  const repeated = firstRepeated(protocols);
  if (repeated === undefined) return protocols;
  throw new HandshakeError(code, 400, `${header} offers ${describeValue(repeated)} twice`);
}

/**
 * Formats the subprotocols that a client offers.
 *
 * @throws {SyntaxError} if one is not a token or is given twice, as `new WebSocket()` does (WHATWG WebSockets §3.1)
 */
export function formatProtocols(protocols: readonly string[]): string {
  for (const protocol of protocols) {
    if (!isToken(protocol))
      throw new SyntaxError(`Invalid subprotocol: expected a token, got ${JSON.stringify(protocol)}`);
  }
  const repeated = firstRepeated(protocols);
  if (repeated !== undefined) throw new SyntaxError(`Invalid subprotocols: ${JSON.stringify(repeated)} is given twice`);
  return protocols.join(', ');
}

function firstRepeated(protocols: readonly string[]): string | undefined {
  const seen = new Set<string>();
  return protocols.find((protocol) => seen.size === seen.add(protocol).size);
}

/**
 * Chooses the subprotocol of a connection (§4.2.2): `''` for none, in which case the answer has no
 * Sec-WebSocket-Protocol.
 *
 * A server with an empty list chooses none, whatever is offered.
 *
 * @throws {HandshakeError} 500 if the function chose a subprotocol that was not offered; any error that the function
 *   throws
 */
export function chooseProtocol(offered: readonly string[], choice: ProtocolChoice): string {
  if (typeof choice !== 'function') return choice.find((protocol) => offered.includes(protocol)) ?? '';
  const chosen = choice(offered);
  if (chosen === false || chosen === '') return '';
  assertOffered(offered, chosen);
  return chosen;
}

/** @throws {HandshakeError} 500 if the server's choice is not among the client's offers */
export function assertOffered(offered: readonly string[], chosen: string): void {
  if (offered.includes(chosen)) return;
  throw new HandshakeError(
    'WS_ERR_HANDSHAKE_PROTOCOL_CHOICE',
    500,
    'The server chose a subprotocol that was not offered',
  );
}

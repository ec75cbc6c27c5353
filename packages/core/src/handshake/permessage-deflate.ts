import type { ExtensionOffer } from './extension.ts';

/** The name of the extension (RFC 7692 §7). */
export const permessageDeflate = 'permessage-deflate';

/** What both ends have agreed on (RFC 7692 §7.1). */
export interface DeflateParameters {
  /** Whether the server compresses each message by itself. */
  readonly serverNoContextTakeover: boolean;
  readonly clientNoContextTakeover: boolean;
  /** Base-2 logarithm of the server's window in bytes, 8 to 15. */
  readonly serverMaxWindowBits: number;
  readonly clientMaxWindowBits: number;
}

/** An element of Sec-WebSocket-Extensions that keeps the rules of §7.1; `undefined` where a parameter is left out. */
interface ParsedParameters {
  readonly serverNoContextTakeover: boolean;
  readonly clientNoContextTakeover: boolean;
  readonly serverMaxWindowBits: number | undefined;
  /** `true` without a value, which only an offer may have. */
  readonly clientMaxWindowBits: number | true | undefined;
}

const largestWindowBits = 15;

/**
 * Accepts the first offer that can be, as the server wishes it (§5.1): an offer with an unknown, repeated or malformed
 * parameter is declined, and the next one looked at.
 *
 * @param wishes the largest windows the server wants, and whether it wants contexts to be dropped
 * @returns `null` where there is no such offer
 */
export function acceptDeflateOffer(
  offers: readonly ExtensionOffer[],
  wishes: DeflateParameters,
): DeflateParameters | null {
  for (const offer of offers) {
    const parsed = offer.name === permessageDeflate ? parseParameters(offer) : null;
    if (parsed === null) continue;
    const { serverMaxWindowBits = largestWindowBits, clientMaxWindowBits } = parsed;
    return {
      serverNoContextTakeover: parsed.serverNoContextTakeover || wishes.serverNoContextTakeover,
      clientNoContextTakeover: parsed.clientNoContextTakeover || wishes.clientNoContextTakeover,
      serverMaxWindowBits: Math.min(serverMaxWindowBits, wishes.serverMaxWindowBits),
      // A client that does not offer the parameter does not know it: its window is the largest (§7.1.2.2).
      clientMaxWindowBits:
        clientMaxWindowBits === undefined ? largestWindowBits : smallest(clientMaxWindowBits, wishes),
    };
  }
  return null;
}

function smallest(offered: number | true, wishes: DeflateParameters): number {
  return offered === true ? wishes.clientMaxWindowBits : Math.min(offered, wishes.clientMaxWindowBits);
}

/** The element that tells the client what was agreed (§7.1): no parameter where it says nothing new. */
export function deflateResponse(agreed: DeflateParameters): ExtensionOffer {
  const params: ExtensionOffer['params'] = contextParams(agreed);
  const { serverMaxWindowBits, clientMaxWindowBits } = agreed;
  if (serverMaxWindowBits < largestWindowBits) params.push(['server_max_window_bits', String(serverMaxWindowBits)]);
  if (clientMaxWindowBits < largestWindowBits) params.push(['client_max_window_bits', String(clientMaxWindowBits)]);
  return { name: permessageDeflate, params };
}

/** A client's offer of what it wishes. */
export function deflateOffer(wishes: DeflateParameters): ExtensionOffer {
  const params: ExtensionOffer['params'] = contextParams(wishes);
  const { serverMaxWindowBits, clientMaxWindowBits } = wishes;
  if (serverMaxWindowBits < largestWindowBits) params.push(['server_max_window_bits', String(serverMaxWindowBits)]);
  params.push(['client_max_window_bits', clientMaxWindowBits < largestWindowBits ? String(clientMaxWindowBits) : true]);
  return { name: permessageDeflate, params };
}

/**
 * Reads the server's answer to {@link deflateOffer} (§7.1, "the client MUST _Fail the WebSocket Connection_").
 *
 * @returns `null` where the answer is not one to the offer
 */
export function readDeflateResponse(response: ExtensionOffer, wishes: DeflateParameters): DeflateParameters | null {
  const parsed = response.name === permessageDeflate ? parseParameters(response) : null;
  if (parsed === null || parsed.clientMaxWindowBits === true) return null;
  const { serverMaxWindowBits = largestWindowBits, clientMaxWindowBits = largestWindowBits } = parsed;
  if (serverMaxWindowBits > wishes.serverMaxWindowBits) return null;
  if (wishes.serverNoContextTakeover && !parsed.serverNoContextTakeover) return null;
  return {
    serverNoContextTakeover: parsed.serverNoContextTakeover,
    clientNoContextTakeover: parsed.clientNoContextTakeover || wishes.clientNoContextTakeover,
    serverMaxWindowBits,
    clientMaxWindowBits: Math.min(clientMaxWindowBits, wishes.clientMaxWindowBits),
  };
}

function contextParams(parameters: DeflateParameters): ExtensionOffer['params'] {
  const params: ExtensionOffer['params'] = [];
  if (parameters.serverNoContextTakeover) params.push(['server_no_context_takeover', true]);
  if (parameters.clientNoContextTakeover) params.push(['client_no_context_takeover', true]);
  return params;
}

/** `null` where a parameter is unknown, stands twice or has a value that it may not have (§7). */
function parseParameters({ params }: ExtensionOffer): ParsedParameters | null {
  const values = new Map(params);
  if (values.size < params.length) return null;
  const serverNoContextTakeover = takeFlag(values, 'server_no_context_takeover');
  const clientNoContextTakeover = takeFlag(values, 'client_no_context_takeover');
  const serverMaxWindowBits = takeWindowBits(values, 'server_max_window_bits');
  const clientMaxWindowBits = takeWindowBits(values, 'client_max_window_bits');
  if (values.size > 0 || serverNoContextTakeover === null || clientNoContextTakeover === null) return null;
  if (serverMaxWindowBits === null || serverMaxWindowBits === true || clientMaxWindowBits === null) return null;
  return { serverNoContextTakeover, clientNoContextTakeover, serverMaxWindowBits, clientMaxWindowBits };
}

type Parameters = Map<string, string | true>;

function takeFlag(values: Parameters, name: string): boolean | null {
  const value = values.get(name);
  values.delete(name);
  if (value === undefined) return false;
  return value === true ? true : null;
}

/** "a decimal integer without leading zeroes between 8 to 15, inclusive" (§7.1.2) */
function takeWindowBits(values: Parameters, name: string): number | true | undefined | null {
  const value = values.get(name);
  values.delete(name);
  if (value === undefined || value === true) return value;
  return /^(?:[89]|1[0-5])$/.test(value) ? Number(value) : null;
}

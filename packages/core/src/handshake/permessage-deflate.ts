import type { ExtensionOffer } from './extension.ts';
import { describeValue } from './token-grammar.ts';

/** The name of the extension (RFC 7692 §7). */
export const permessageDeflate = 'permessage-deflate';

/** What both ends have agreed on, as the server's answer declares it (RFC 7692 §7.1). Either end may use less. */
export interface DeflateParameters {
  /** Whether the server must compress each message independently. */
  readonly serverNoContextTakeover: boolean;
  /** Whether the client must. */
  readonly clientNoContextTakeover: boolean;
  /** Base-2 logarithm of the server's window in bytes, 8 to 15; `undefined` if not declared, which means 15. */
  readonly serverMaxWindowBits: number | undefined;
  /** The same for the client's window. */
  readonly clientMaxWindowBits: number | undefined;
}

/** What an application requests; `undefined` leaves the choice to us. */
export interface DeflateWishes {
  readonly serverNoContextTakeover?: boolean | undefined;
  readonly clientNoContextTakeover?: boolean | undefined;
  readonly serverMaxWindowBits?: number | undefined;
  readonly clientMaxWindowBits?: number | undefined;
}

/** The window of an endpoint that has not declared one (§7.1.2). */
export const largestWindowBits = 15;

/** The window of an endpoint whose application did not set one: it needs little memory. */
export const usualWindowBits = 12;

/**
 * Accepts the first acceptable offer, with the server's preferences (§5.1): an offer with an unknown, repeated or
 * malformed parameter is declined, and the next one is considered.
 *
 * The answer declares only what the client offered: some clients fail the connection otherwise, and others ignore it.
 * The one exception is `client_no_context_takeover` (§7.1.1.2), if the application requests it explicitly.
 *
 * @returns `null` if no offer can be accepted
 */
export function acceptDeflateOffer(offers: readonly ExtensionOffer[], wishes: DeflateWishes): DeflateParameters | null {
  const offer = offers.find((one) => one.name === permessageDeflate && faultIn(one, offerRules) === null);
  if (offer === undefined) return null;
  const offered = readParameters(offer);
  const clientWindow = declared(offered.clientMaxWindowBits, wishes.clientMaxWindowBits);
  return {
    serverNoContextTakeover: offered.serverNoContextTakeover,
    clientNoContextTakeover: offered.clientNoContextTakeover || wishes.clientNoContextTakeover === true,
    serverMaxWindowBits: declared(offered.serverMaxWindowBits, wishes.serverMaxWindowBits),
    clientMaxWindowBits: clientWindow === largestWindowBits ? undefined : clientWindow,
  };
}

/** A client that does not offer `client_max_window_bits` may not know it, and must not receive it (§7.1.2.2). */
function declared(offered: number | undefined, wish: number = usualWindowBits): number | undefined {
  return offered && Math.min(offered, wish);
}

/** The element of the answer that states the agreed parameters (§7.1). */
export function deflateResponse({
  serverMaxWindowBits,
  clientMaxWindowBits,
  ...context
}: DeflateParameters): ExtensionOffer {
  const params = contextParams(context);
  if (serverMaxWindowBits !== undefined) params.push(['server_max_window_bits', String(serverMaxWindowBits)]);
  if (clientMaxWindowBits !== undefined) params.push(['client_max_window_bits', String(clientMaxWindowBits)]);
  return { name: permessageDeflate, params };
}

/**
 * A client's offer: `permessage-deflate; client_max_window_bits`, which all kinds of servers accept, and what the
 * application requests explicitly.
 */
export function deflateOffer({ serverMaxWindowBits, clientMaxWindowBits, ...context }: DeflateWishes): ExtensionOffer {
  const params = contextParams(context);
  if (isSmall(serverMaxWindowBits)) params.push(['server_max_window_bits', String(serverMaxWindowBits)]);
  params.push(['client_max_window_bits', isSmall(clientMaxWindowBits) ? String(clientMaxWindowBits) : true]);
  return { name: permessageDeflate, params };
}

/** Whether declaring it has an effect: no larger window exists. */
function isSmall(windowBits: number | undefined): boolean {
  return windowBits !== undefined && windowBits < largestWindowBits;
}

/**
 * Reads the server's answer to {@link deflateOffer} (§7.1, "the client MUST _Fail the WebSocket Connection_").
 *
 * @returns a text that says what is wrong if the answer does not match the offer
 */
export function readDeflateResponse(response: ExtensionOffer, wishes: DeflateWishes): DeflateParameters | string {
  const fault = faultIn(response, answerRules);
  if (fault !== null) return fault;
  const answer = readParameters(response);
  // A server that cannot do what a client requests must decline (§7.1.1.1, §7.1.2.1).
  if (wishes.serverNoContextTakeover === true && !answer.serverNoContextTakeover) {
    return 'server_no_context_takeover was requested, but is missing';
  }
  const { serverMaxWindowBits = largestWindowBits } = answer;
  const { serverMaxWindowBits: most = largestWindowBits } = wishes;
  if (serverMaxWindowBits <= most) return answer;
  return `server_max_window_bits was offered as ${most}, but is ${answer.serverMaxWindowBits ?? 'missing'}`;
}

function contextParams(
  parameters: Pick<DeflateWishes, 'serverNoContextTakeover' | 'clientNoContextTakeover'>,
): ExtensionOffer['params'] {
  const params: ExtensionOffer['params'] = [];
  if (parameters.serverNoContextTakeover === true) params.push(['server_no_context_takeover', true]);
  if (parameters.clientNoContextTakeover === true) params.push(['client_no_context_takeover', true]);
  return params;
}

/** Whether a parameter may have this value; `true` stands for none. */
type ValueRule = (value: string | true) => boolean;

const hasNone: ValueRule = (value) => value === true;

/** "a decimal integer value without leading zeroes between 8 to 15, inclusive" (§7.1.2) */
const isWindowBits: ValueRule = (value) => value !== true && /^(?:[89]|1[0-5])$/.test(value);

const answerRules: ReadonlyMap<string, ValueRule> = new Map([
  ['server_no_context_takeover', hasNone],
  ['client_no_context_takeover', hasNone],
  ['server_max_window_bits', isWindowBits],
  ['client_max_window_bits', isWindowBits],
]);

/** Only an offer may omit the value of the client's window. */
const offerRules: ReadonlyMap<string, ValueRule> = new Map([
  ...answerRules,
  ['client_max_window_bits', (value) => hasNone(value) || isWindowBits(value)],
]);

/** What is wrong with the parameters: one is unknown, repeated or has an invalid value (§7). */
function faultIn({ params }: ExtensionOffer, rules: ReadonlyMap<string, ValueRule>): string | null {
  const seen = new Set<string>();
  for (const [name, value] of params) {
    const rule = rules.get(name);
    if (rule === undefined) return `${describeValue(name)} is not a parameter of permessage-deflate`;
    if (seen.has(name)) return `${name} is repeated`;
    seen.add(name);
    if (!rule(value)) return value === true ? `${name} has no value` : `${name} has the value ${describeValue(value)}`;
  }
  return null;
}

function readParameters({ params }: ExtensionOffer): DeflateParameters {
  const values = new Map(params);
  return {
    serverNoContextTakeover: values.has('server_no_context_takeover'),
    clientNoContextTakeover: values.has('client_no_context_takeover'),
    serverMaxWindowBits: windowBits(values.get('server_max_window_bits')),
    clientMaxWindowBits: windowBits(values.get('client_max_window_bits')),
  };
}

/** A client that offers the parameter without a value accepts any. */
function windowBits(value: string | true | undefined): number | undefined {
  if (value === undefined) return undefined;
  return value === true ? largestWindowBits : Number(value);
}

import type { DeflateSettings } from '../deflate/deflate-settings.ts';
import { Deflater } from '../deflate/deflater.ts';
import { Inflater } from '../deflate/inflater.ts';
import type { Role } from '../role.ts';
import { formatExtensions, type ExtensionOffer } from '../handshake/extension.ts';
import {
  acceptDeflateOffer,
  deflateResponse,
  largestWindowBits,
  usualWindowBits,
  type DeflateParameters,
} from '../handshake/permessage-deflate.ts';

/** The outcome of a handshake that agreed on permessage-deflate. */
export interface AgreedDeflate {
  readonly parameters: DeflateParameters;
  readonly settings: DeflateSettings;
}

/** A server's answer to a client's offers; `null` if compression is off or no offer is acceptable. */
export function agreeOnDeflate(
  offers: readonly ExtensionOffer[],
  settings: DeflateSettings | null,
): AgreedDeflate | null {
  const parameters = settings && acceptDeflateOffer(offers, settings.wishes);
  return parameters && { parameters, settings };
}

/** The value of `Sec-WebSocket-Extensions` in the answer; `''` if nothing was agreed on. */
export function extensionsOf(agreed: AgreedDeflate | null | undefined): string {
  return agreed ? formatExtensions([deflateResponse(agreed.parameters)]) : '';
}

/** Both directions of one connection's compression. */
export interface Deflation {
  readonly deflater: Deflater;
  readonly inflater: Inflater;
  /** Frees zlib's memory. */
  dispose(): void;
}

/**
 * Each endpoint may use less than agreed without declaring it: a smaller window, or a new one for each message. We do,
 * unless the application requested more. A peer must support everything that was agreed.
 *
 * @param maxPayload the longest message to be received, in bytes
 */
export function createDeflation({ parameters, settings }: AgreedDeflate, role: Role, maxPayload: number): Deflation {
  const { wishes } = settings;
  const ofServer = {
    windowBits: parameters.serverMaxWindowBits ?? largestWindowBits,
    keepsContext: !parameters.serverNoContextTakeover,
  };
  const ofClient = {
    windowBits: parameters.clientMaxWindowBits ?? largestWindowBits,
    keepsContext: !parameters.clientNoContextTakeover,
  };
  const [ours, theirs, wish] =
    role === 'server'
      ? [ofServer, ofClient, { windowBits: wishes.serverMaxWindowBits, drops: wishes.serverNoContextTakeover }]
      : [ofClient, ofServer, { windowBits: wishes.clientMaxWindowBits, drops: wishes.clientNoContextTakeover }];
  const deflater = new Deflater(settings, {
    windowBits: Math.min(ours.windowBits, wish.windowBits ?? usualWindowBits),
    keepsContext: ours.keepsContext && wish.drops === false,
  });
  const inflater = new Inflater(settings, { ...theirs, maxPayload });
  return {
    deflater,
    inflater,
    dispose: () => {
      deflater.dispose();
      inflater.dispose();
    },
  };
}

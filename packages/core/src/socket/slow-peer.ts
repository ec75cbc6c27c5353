import { CloseCode } from '../close-code.ts';
import { ProtocolError } from '../errors.ts';

/** The fault of a peer that reads too little: 1013. */
export function slowPeer(detail: string): ProtocolError {
  return new ProtocolError('WS_ERR_SLOW_PEER', CloseCode.TryAgainLater, `Slow peer: ${detail}`);
}

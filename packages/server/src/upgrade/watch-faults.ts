import { CloseCode, ProtocolError, type WebSocket } from '@turnout/core';
import type { Notices } from '../options/notices.ts';

/** Close codes that report a fault of either side. Browsers cannot send them. */
const faultCodes: ReadonlySet<number> = new Set([
  CloseCode.ProtocolError,
  CloseCode.UnsupportedData,
  CloseCode.InvalidPayload,
  CloseCode.PolicyViolation,
  CloseCode.MessageTooBig,
  CloseCode.MandatoryExtension,
  CloseCode.InternalError,
  CloseCode.TryAgainLater,
  CloseCode.BadGateway,
]);

/** Tells the developer why a socket is closed, if a fault is the reason. */
export function watchFaults(socket: WebSocket, path: string, notices: Notices): void {
  let toldCode: number | undefined;
  const tell = (code: number, cause: string, reason: string): void => {
    toldCode = code;
    notices.tell(`close ${cause}`, () => `the WebSocket at ${path} was closed with ${code}: ${reason}`);
  };
  socket.on('error', (error) => {
    if (error instanceof ProtocolError) tell(error.closeCode, error.code, error.message);
  });
  socket.on('close', (code, reason) => {
    if (faultCodes.has(code) && code !== toldCode) tell(code, String(code), describeClose(code, String(reason)));
  });
}

function describeClose(code: number, reason: string): string {
  if (reason !== '') return reason;
  return code === CloseCode.InternalError ? 'its handler or a listener has failed; see onError' : 'no reason was given';
}

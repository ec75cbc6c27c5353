/** Close codes by name: RFC 6455 §7.4.1 and the IANA WebSocket Close Code Number Registry. */
export const CloseCode = {
  Normal: 1000,
  GoingAway: 1001,
  ProtocolError: 1002,
  UnsupportedData: 1003,
  /** Never on the wire: the peer's Close frame had no code. */
  NoStatus: 1005,
  /** Never on the wire: the connection ended without a Close frame. */
  Abnormal: 1006,
  InvalidPayload: 1007,
  PolicyViolation: 1008,
  MessageTooBig: 1009,
  MandatoryExtension: 1010,
  InternalError: 1011,
  ServiceRestart: 1012,
  TryAgainLater: 1013,
  BadGateway: 1014,
  /** Never on the wire: the TLS handshake failed. */
  TlsHandshake: 1015,
  Unauthorized: 3000,
  Forbidden: 3003,
  Timeout: 3008,
} as const;

/**
 * Whether a Close frame may contain a code (§7.4): the registered ones of 1000-1014, and 3000-4999, which belong to
 * libraries, frameworks and applications. 1004 is reserved; 1005, 1006 and 1015 are only reported to the application.
 */
export function isValidCloseCode(code: number): boolean {
  if (!Number.isInteger(code)) return false;
  if (code >= 1000 && code <= 1014) return code !== 1004 && code !== CloseCode.NoStatus && code !== CloseCode.Abnormal;
  return code >= 3000 && code <= 4999;
}

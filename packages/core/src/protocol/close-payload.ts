import { isUtf8 } from 'node:buffer';
import { CloseCode, isValidCloseCode } from '../close-code.ts';
import { ProtocolError } from '../errors.ts';

/** The content of a Close frame (RFC 6455 §5.5.1). */
export interface ClosePayload {
  /** 1005 if the frame had no code. */
  readonly code: number;
  readonly reason: string;
}

const maxReasonLength = 123;

/**
 * Reads the payload of a Close frame.
 *
 * @throws {ProtocolError} 1002 on a truncated code or one that must not be sent (§7.4), 1007 on a reason that is not
 *   UTF-8
 */
export function parseClosePayload(payload: Buffer): ClosePayload {
  if (payload.length === 0) return { code: CloseCode.NoStatus, reason: '' };
  if (payload.length === 1) {
    throw new ProtocolError(
      'WS_ERR_INVALID_CLOSE_PAYLOAD',
      CloseCode.ProtocolError,
      'Close frame with one byte of payload (§5.5.1)',
    );
  }
  const code = payload.readUInt16BE(0);
  if (!isValidCloseCode(code)) {
    throw new ProtocolError('WS_ERR_INVALID_CLOSE_CODE', CloseCode.ProtocolError, `Close code ${code} (§7.4)`);
  }
  const reason = payload.subarray(2);
  if (!isUtf8(reason)) {
    throw new ProtocolError(
      'WS_ERR_INVALID_UTF8',
      CloseCode.InvalidPayload,
      'Close reason is not valid UTF-8 (§5.5.1)',
    );
  }
  return { code, reason: reason.toString() };
}

/**
 * Writes the payload of a Close frame; empty if `code` is omitted.
 *
 * @param reason UTF-8, at most 123 bytes
 * @throws {TypeError} on a code that is not a number, on a reason that is not text, or on one without a code
 * @throws {RangeError} on a code that must not be sent (§7.4) or a reason over 123 bytes (§5.5)
 */
export function encodeClosePayload(code?: number, reason: string | Uint8Array = ''): Buffer {
  const text = reasonBytes(reason);
  if (code === undefined) {
    if (text.length > 0) throw new TypeError('Invalid close code: a reason needs a code');
    return Buffer.alloc(0);
  }
  if (typeof code !== 'number') throw new TypeError(`Invalid close code: expected a number, got ${typeof code}`);
  if (!isValidCloseCode(code)) {
    throw new RangeError(`Invalid close code: expected 1000-1003, 1007-1014 or 3000-4999, got ${code}`);
  }
  if (text.length > maxReasonLength) {
    throw new RangeError(`Invalid close reason: expected at most 123 bytes, got ${text.length}`);
  }
  const payload = Buffer.allocUnsafe(2 + text.length);
  payload.writeUInt16BE(code, 0);
  payload.set(text, 2);
  return payload;
}

function reasonBytes(reason: string | Uint8Array): Uint8Array {
  if (typeof reason === 'string') return Buffer.from(reason);
  if (!(reason instanceof Uint8Array)) {
    throw new TypeError(`Invalid close reason: expected a string or a Uint8Array, got ${typeof reason}`);
  }
  if (!isUtf8(reason)) throw new TypeError('Invalid close reason: expected UTF-8');
  return reason;
}

/** Truncates `reason` to what fits in a Close frame, at a character boundary. */
export function fitReason(reason: string): string {
  const bytes = Buffer.from(reason);
  if (bytes.length <= maxReasonLength) return reason;
  let end = maxReasonLength;
  while ((bytes[end]! & 0xc0) === 0x80) end--;
  return bytes.toString('utf8', 0, end);
}

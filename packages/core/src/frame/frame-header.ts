import { CloseCode } from '../close-code.ts';
import { ProtocolError } from '../errors.ts';
import { isControl, maxControlPayload, Opcode } from '../opcode.ts';
import type { Role } from '../role.ts';

/** What a frame reader needs to know about its connection. */
export interface FrameRules {
  /** The reader's own role: a server reads masked frames, a client reads unmasked ones (RFC 6455 §5.1). */
  readonly role: Role;
  /** Whether RSV1 may mark the first frame of a message as compressed (RFC 7692 §6). */
  readonly allowsRsv1: boolean;
}

/** A frame header (RFC 6455 §5.2). */
export interface FrameHeader {
  readonly fin: boolean;
  /** The message is compressed (RFC 7692 §6); only on its first frame. */
  readonly rsv1: boolean;
  readonly opcode: Opcode;
  /** Payload length in bytes. */
  readonly payloadLength: number;
  /** The masking key as a big-endian 32-bit number; 0, which changes nothing, in a frame that is not masked. */
  readonly maskingKey: number;
  /** Length of the header itself in bytes, 2 to 14. */
  readonly byteLength: number;
}

const finBit = 0x80;
const rsv1Bit = 0x40;
const rsv2Bit = 0x20;
const rsv3Bit = 0x10;
const maskBit = 0x80;
const length16 = 126;
const length64 = 127;

/**
 * Reads the frame header that starts at `offset`, or returns `null` while bytes of it are missing.
 * Every rule is checked at the first byte that can break it, before the rest arrives.
 *
 * @throws {ProtocolError} 1002 on a reserved bit or opcode, wrong masking, a bad control frame or a length that is not
 * in its shortest form; 1009 on a length over 2^53 - 1
 */
export function parseFrameHeader(bytes: Buffer, offset: number, { role, allowsRsv1 }: FrameRules): FrameHeader | null {
  const available = bytes.length - offset;
  if (available < 1) return null;
  const first = bytes[offset]!;
  const fin = (first & finBit) !== 0;
  const opcode = parseOpcode(first, fin, allowsRsv1);
  if (available < 2) return null;

  const second = bytes[offset + 1]!;
  const masked = (second & maskBit) !== 0;
  if (masked !== (role === 'server')) {
    throw protocolError('WS_ERR_EXPECTED_MASK', masked ? 'A server must not mask (§5.1)' : 'A client must mask (§5.1)');
  }
  const length7 = second & 0x7f;
  if (isControl(opcode) && length7 > maxControlPayload) {
    throw protocolError('WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH', 'Control frame over 125 bytes (§5.5)');
  }

  const lengthBytes = length7 === length64 ? 8 : length7 === length16 ? 2 : 0;
  if (available < 2 + lengthBytes) return null;
  const payloadLength = lengthBytes === 0 ? length7 : parseExtendedLength(bytes, offset + 2, lengthBytes);

  const byteLength = 2 + lengthBytes + (masked ? 4 : 0);
  if (available < byteLength) return null;
  const maskingKey = masked ? bytes.readUInt32BE(offset + 2 + lengthBytes) : 0;
  return { fin, rsv1: (first & rsv1Bit) !== 0, opcode, payloadLength, maskingKey, byteLength };
}

function parseOpcode(first: number, fin: boolean, allowsRsv1: boolean): Opcode {
  const opcode = first & 0x0f;
  if ((first & (rsv1Bit | rsv2Bit | rsv3Bit)) !== 0) checkReservedBits(first, opcode, allowsRsv1);
  if ((opcode & 0x7) > 2) throw protocolError('WS_ERR_INVALID_OPCODE', `Reserved opcode ${opcode} (§5.2)`);
  if (!fin && isControl(opcode as Opcode)) {
    throw protocolError('WS_ERR_EXPECTED_FIN', 'Fragmented control frame (§5.5)');
  }
  return opcode as Opcode;
}

function checkReservedBits(first: number, opcode: number, allowsRsv1: boolean): void {
  if ((first & rsv1Bit) !== 0) {
    if (!allowsRsv1) throw protocolError('WS_ERR_UNEXPECTED_RSV_1', 'RSV1 is set without an extension (§5.2)');
    if (opcode !== Opcode.Text && opcode !== Opcode.Binary) {
      throw protocolError(
        'WS_ERR_UNEXPECTED_RSV_1',
        'RSV1 is set on another frame than the first of a message (RFC 7692 §6)',
      );
    }
  }
  if ((first & (rsv2Bit | rsv3Bit)) === 0) return;
  const bit = (first & rsv2Bit) !== 0 ? 2 : 3;
  throw protocolError('WS_ERR_UNEXPECTED_RSV_2_3', `RSV${bit} is set without an extension (§5.2)`);
}

function parseExtendedLength(bytes: Buffer, offset: number, lengthBytes: 2 | 8): number {
  if (lengthBytes === 2) {
    const length = bytes.readUInt16BE(offset);
    if (length < length16) throw nonMinimalLength(length);
    return length;
  }
  const high = bytes.readUInt32BE(offset);
  if (high > 0x7fffffff) {
    throw protocolError('WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH', 'Highest bit of the length is set (§5.2)');
  }
  if (high > 0x1fffff) {
    throw new ProtocolError(
      'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH',
      CloseCode.MessageTooBig,
      'Payload length is over 2^53 - 1 bytes',
    );
  }
  const length = high * 2 ** 32 + bytes.readUInt32BE(offset + 4);
  if (length <= 0xffff) throw nonMinimalLength(length);
  return length;
}

function nonMinimalLength(length: number): ProtocolError {
  return protocolError('WS_ERR_NON_MINIMAL_LENGTH', `Length ${length} is not in its shortest form (§5.2)`);
}

function protocolError(code: string, message: string): ProtocolError {
  return new ProtocolError(code, CloseCode.ProtocolError, message);
}

/** Length of a frame header in bytes: 2, 4 or 10, plus 4 for a client's masking key. */
export function frameHeaderLength(payloadLength: number, role: Role): number {
  const lengthBytes = payloadLength < length16 ? 0 : payloadLength <= 0xffff ? 2 : 8;
  return 2 + lengthBytes + (role === 'client' ? 4 : 0);
}

/** Writes a frame header at `offset` of `target`, which must have room for `header.byteLength` bytes (§5.2). */
export function encodeFrameHeader(target: Buffer, offset: number, header: FrameHeader, role: Role): void {
  const { fin, rsv1, opcode, payloadLength, maskingKey, byteLength } = header;
  const mask = role === 'client' ? maskBit : 0;
  target[offset] = (fin ? finBit : 0) | (rsv1 ? rsv1Bit : 0) | opcode;
  if (payloadLength < length16) {
    target[offset + 1] = mask | payloadLength;
  } else if (payloadLength <= 0xffff) {
    target[offset + 1] = mask | length16;
    target.writeUInt16BE(payloadLength, offset + 2);
  } else {
    target[offset + 1] = mask | length64;
    target.writeUInt32BE(Math.floor(payloadLength / 2 ** 32), offset + 2);
    target.writeUInt32BE(payloadLength >>> 0, offset + 6);
  }
  if (role === 'client') target.writeUInt32BE(maskingKey, offset + byteLength - 4);
}

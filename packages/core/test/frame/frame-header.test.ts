import { describe, expect, test } from 'vitest';
import {
  encodeFrameHeader,
  frameHeaderLength,
  parseFrameHeader,
  type FrameHeader,
  type FrameRules,
} from '../../src/frame/frame-header.ts';
import type { Role } from '../../src/role.ts';
import { faultOf } from './fault.ts';

const roles: Role[] = ['server', 'client'];
const plain = (role: Role): FrameRules => ({ role, allowsRsv1: false });
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const header = (fields: Partial<FrameHeader>): FrameHeader => ({
  fin: true,
  rsv1: false,
  opcode: 1,
  payloadLength: 0,
  maskingKey: 0,
  byteLength: 2,
  ...fields,
});

/** Bytes on the wire, the role that reads them, and the expected header. */
const valid: [bytes: string, reader: Role, header: FrameHeader][] = [
  ['81 00', 'client', header({})],
  ['01 7d', 'client', header({ fin: false, payloadLength: 125 })],
  ['82 7e 007e', 'client', header({ opcode: 2, payloadLength: 126, byteLength: 4 })],
  ['00 7e ffff', 'client', header({ fin: false, opcode: 0, payloadLength: 65_535, byteLength: 4 })],
  ['80 7f 0000000000010000', 'client', header({ opcode: 0, payloadLength: 65_536, byteLength: 10 })],
  ['82 7f 001fffffffffffff', 'client', header({ opcode: 2, payloadLength: 2 ** 53 - 1, byteLength: 10 })],
  ['88 7d', 'client', header({ opcode: 8, payloadLength: 125 })],
  ['81 80 37fa213d', 'server', header({ maskingKey: 0x37fa213d, byteLength: 6 })],
  ['89 85 ffffffff', 'server', header({ opcode: 9, payloadLength: 5, maskingKey: 0xffffffff, byteLength: 6 })],
  ['8a fd 00000000', 'server', header({ opcode: 10, payloadLength: 125, byteLength: 6 })],
  ['82 fe 007e 00000001', 'server', header({ opcode: 2, payloadLength: 126, maskingKey: 1, byteLength: 8 })],
  [
    '82 ff 00000001 00000000 80000000',
    'server',
    header({ opcode: 2, payloadLength: 2 ** 32, maskingKey: 0x80000000, byteLength: 14 }),
  ],
];

describe('a frame header', () => {
  test.each(valid)('%s is read by a %s', (bytes, reader, expected) => {
    expect(parseFrameHeader(hex(bytes), 0, plain(reader))).toEqual(expected);
    expect(parseFrameHeader(hex(`ffffff ${bytes} ffff`), 3, plain(reader))).toEqual(expected);
  });

  test.each(valid)('%s is incomplete for a %s while a byte is missing', (bytes, reader) => {
    const whole = hex(bytes);
    for (let length = 0; length < whole.length; length++) {
      expect(parseFrameHeader(whole.subarray(0, length), 0, plain(reader))).toBeNull();
    }
  });

  test.each(valid)('%s, as read by a %s, is what its peer writes', (bytes, reader, fields) => {
    const writer = reader === 'server' ? 'client' : 'server';
    const target = Buffer.alloc(fields.byteLength);
    encodeFrameHeader(target, 0, fields, writer);
    expect(target).toEqual(hex(bytes));
    expect(frameHeaderLength(fields.payloadLength, writer)).toBe(fields.byteLength);
  });
});

describe('parseFrameHeader', () => {
  test.each([
    ['c1', '1002 WS_ERR_UNEXPECTED_RSV_1: RSV1 is set without an extension (§5.2)'],
    ['f1', '1002 WS_ERR_UNEXPECTED_RSV_1: RSV1 is set without an extension (§5.2)'],
    ['c0', '1002 WS_ERR_UNEXPECTED_RSV_1: RSV1 is set without an extension (§5.2)'],
    ['c9', '1002 WS_ERR_UNEXPECTED_RSV_1: RSV1 is set without an extension (§5.2)'],
    ['a2', '1002 WS_ERR_UNEXPECTED_RSV_2_3: RSV2 is set without an extension (§5.2)'],
    ['91', '1002 WS_ERR_UNEXPECTED_RSV_2_3: RSV3 is set without an extension (§5.2)'],
    ['08', '1002 WS_ERR_EXPECTED_FIN: Fragmented control frame (§5.5)'],
    ['09', '1002 WS_ERR_EXPECTED_FIN: Fragmented control frame (§5.5)'],
    ['0a', '1002 WS_ERR_EXPECTED_FIN: Fragmented control frame (§5.5)'],
  ])('refuses %s at its first byte in either role', (bytes, fault) => {
    for (const role of roles) expect(faultOf(() => parseFrameHeader(hex(bytes), 0, plain(role)))).toBe(fault);
  });

  test.each([3, 4, 5, 6, 7, 11, 12, 13, 14, 15])('refuses the reserved opcode %i at its first byte', (opcode) => {
    const fault = `1002 WS_ERR_INVALID_OPCODE: Reserved opcode ${opcode} (§5.2)`;
    for (const first of [0x80 | opcode, opcode]) {
      for (const role of roles) expect(faultOf(() => parseFrameHeader(Buffer.of(first), 0, plain(role)))).toBe(fault);
    }
  });

  test('refuses an unmasked frame as a server, at its second byte', () => {
    expect(faultOf(() => parseFrameHeader(hex('81 7f'), 0, plain('server')))).toBe(
      '1002 WS_ERR_EXPECTED_MASK: A client must mask (§5.1)',
    );
  });

  test('refuses a masked frame as a client, at its second byte', () => {
    expect(faultOf(() => parseFrameHeader(hex('81 ff'), 0, plain('client')))).toBe(
      '1002 WS_ERR_EXPECTED_MASK: A server must not mask (§5.1)',
    );
  });

  test.each(['88 7e', '89 7e', '8a 7f'])('refuses the control frame %s over 125 bytes at its second byte', (bytes) => {
    expect(faultOf(() => parseFrameHeader(hex(bytes), 0, plain('client')))).toBe(
      '1002 WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH: Control frame over 125 bytes (§5.5)',
    );
  });

  test.each([
    ['82 7e 0000', '1002 WS_ERR_NON_MINIMAL_LENGTH: Length 0 is not in its shortest form (§5.2)'],
    ['82 7e 007d', '1002 WS_ERR_NON_MINIMAL_LENGTH: Length 125 is not in its shortest form (§5.2)'],
    ['82 7f 0000000000000005', '1002 WS_ERR_NON_MINIMAL_LENGTH: Length 5 is not in its shortest form (§5.2)'],
    ['82 7f 000000000000ffff', '1002 WS_ERR_NON_MINIMAL_LENGTH: Length 65535 is not in its shortest form (§5.2)'],
    ['82 7f 8000000000000000', '1002 WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH: Highest bit of the length is set (§5.2)'],
    ['82 7f ffffffffffffffff', '1002 WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH: Highest bit of the length is set (§5.2)'],
    ['82 7f 0020000000000000', '1009 WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH: Payload length is over 2^53 - 1 bytes'],
    ['82 7f 0020000000000001', '1009 WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH: Payload length is over 2^53 - 1 bytes'],
    ['82 7f 7fffffffffffffff', '1009 WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH: Payload length is over 2^53 - 1 bytes'],
  ])('refuses the length of %s', (bytes, fault) => {
    expect(faultOf(() => parseFrameHeader(hex(bytes), 0, plain('client')))).toBe(fault);
  });

  test('refuses a length before the masking key has arrived', () => {
    expect(faultOf(() => parseFrameHeader(hex('82 fe 0005'), 0, plain('server')))).toContain(
      'WS_ERR_NON_MINIMAL_LENGTH',
    );
  });
});

describe('frameHeaderLength', () => {
  test.each([
    [0, 2],
    [125, 2],
    [126, 4],
    [65_535, 4],
    [65_536, 10],
    [2 ** 53 - 1, 10],
  ])('for %i bytes of payload is %i, and 4 more for a client', (payloadLength, byteLength) => {
    expect(frameHeaderLength(payloadLength, 'server')).toBe(byteLength);
    expect(frameHeaderLength(payloadLength, 'client')).toBe(byteLength + 4);
  });
});

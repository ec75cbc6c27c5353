import { bytes, closeFrame, failing, repeat, type WireRow } from './wire-row.ts';

/* A masking key of zeros leaves the payload readable; the rows on masking have others. */

const reserved = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15];
const hex = (byte: number): string => byte.toString(16).padStart(2, '0');

const masking: WireRow[] = [
  {
    section: '§5.1',
    rule: 'server closes 1002 on an unmasked frame',
    sent: '81 05 48656c6c6f',
    ...failing(1002, 'A client must mask (§5.1)'),
  },
  {
    section: '§5.1',
    rule: 'server answers a masked frame with an unmasked one',
    sent: '81 85 37fa213d 7f9f4d5158',
    answer: '81 05 48656c6c6f',
  },
  {
    section: '§5.3',
    rule: 'server accepts a masking key of zeros, which keeps the payload',
    sent: '81 85 00000000 48656c6c6f',
    answer: '81 05 48656c6c6f',
  },
  {
    section: '§5.3',
    rule: 'server unmasks with octet i modulo 4 of the key, at every split of the payload',
    sent: ['82 87 01020408', 'fe', 'fdfb', 'f7fe', 'fd', 'fb'],
    answer: '82 07 ffffffffffffff',
  },
];

const firstByte: WireRow[] = [
  {
    section: '§5.2',
    rule: 'server closes 1002 on RSV1 without an extension',
    sent: 'c1 80 00000000',
    ...failing(1002, 'RSV1 is set without an extension (§5.2)'),
  },
  {
    section: '§5.2',
    rule: 'server closes 1002 on RSV2',
    sent: 'a2 80 00000000',
    ...failing(1002, 'RSV2 is set without an extension (§5.2)'),
  },
  {
    section: '§5.2',
    rule: 'server closes 1002 on RSV3',
    sent: '92 80 00000000',
    ...failing(1002, 'RSV3 is set without an extension (§5.2)'),
  },
  {
    section: '§5.2',
    rule: 'server closes 1002 on RSV1 in a continuation frame',
    sent: '01 80 00000000 c0 80 00000000',
    ...failing(1002, 'RSV1 is set without an extension (§5.2)'),
  },
  {
    section: '§5.2',
    rule: 'server closes 1002 on RSV1 in a control frame',
    sent: 'c9 80 00000000',
    ...failing(1002, 'RSV1 is set without an extension (§5.2)'),
  },
  ...reserved.flatMap((opcode) =>
    [
      ['no payload', '80 00000000'],
      ['125 bytes announced', 'fd 00000000'],
      ['2^40 bytes announced', 'ff 0000010000000000 00000000'],
    ].map(([length, rest]) => ({
      section: '§5.2',
      rule: `server closes 1002 on the reserved opcode ${opcode} with ${length}`,
      sent: `${hex(0x80 | opcode)} ${rest}`,
      ...failing(1002, `Reserved opcode ${opcode} (§5.2)`),
    })),
  ),
  {
    section: '§5.2',
    rule: 'server closes 1002 on the first byte if that is wrong',
    sent: '83',
    ...failing(1002, 'Reserved opcode 3 (§5.2)'),
  },
];

const lengths: WireRow[] = [
  ...(
    [
      ['00', '80', 0],
      ['7d', 'fd', 125],
      ['7e 007e', 'fe 007e', 126],
      ['7e 007f', 'fe 007f', 127],
      ['7e ffff', 'fe ffff', 65_535],
      ['7f 0000000000010000', 'ff 0000000000010000', 65_536],
    ] as const
  ).map(([answered, sent, length]) => ({
    section: '§5.2',
    rule: `server echoes ${length} bytes with the length in its shortest form`,
    sent: bytes('82', sent, '00000000', repeat('ab', length)),
    answer: bytes('82', answered, repeat('ab', length)),
  })),
  ...(
    [
      ['fe 0005', 5],
      ['fe 007d', 125],
      ['ff 0000000000000005', 5],
      ['ff 000000000000ffff', 65_535],
    ] as const
  ).map(([sent, length]) => ({
    section: '§5.2',
    rule: `server closes 1002 on the length ${sent}, which is not the shortest form of ${length}`,
    sent: `82 ${sent} 00000000`,
    ...failing(1002, `Length ${length} is not in its shortest form (§5.2)`),
  })),
  ...['8000000000000000', 'ffffffffffffffff'].map((length) => ({
    section: '§5.2',
    rule: `server closes 1002 on the length ${length}, whose highest bit is set`,
    sent: `82 ff ${length} 00000000`,
    ...failing(1002, 'Highest bit of the length is set (§5.2)'),
  })),
  {
    section: '§5.2',
    rule: 'server closes 1009 on a length of 2^53 + 1',
    sent: '82 ff 0020000000000001 00000000',
    ...failing(1009, 'Payload length is over 2^53 - 1 bytes'),
  },
  {
    section: '§7.4.1',
    rule: 'server closes 1009 on a length of 2^32, over maxPayload',
    sent: '82 ff 0000000100000000 00000000',
    ...failing(1009, 'Message of 4294967296 bytes or more is over maxPayload 1048576'),
  },
  {
    section: '§5.2',
    rule: 'server closes 1002 on length bytes as in the drafts, which never end',
    sent: bytes('80', repeat('ff', 1000)),
    ...failing(1002, 'Highest bit of the length is set (§5.2)'),
  },
  {
    section: '§7.4.1',
    rule: 'server closes 1009 immediately on 1 GiB announced, before any of it has arrived',
    sent: '82 ff 0000000040000000 00000000',
    ...failing(1009, 'Message of 1073741824 bytes or more is over maxPayload 1048576'),
  },
  {
    section: '§7.4.1',
    rule: 'server closes 1009 on the fragment that exceeds maxPayload, at its header',
    target: '/?maxPayload=4',
    sent: '02 83 00000000 616263 80 82 00000000',
    ...failing(1009, 'Message of 5 bytes or more is over maxPayload 4'),
  },
  {
    section: '§7.4.1',
    rule: 'server accepts a message of exactly maxPayload bytes, whole or in fragments',
    target: '/?maxPayload=4',
    sent: '82 84 00000000 61626364 02 82 00000000 6162 80 82 00000000 6364',
    answer: '82 04 61626364 82 04 61626364',
  },
];

const fragments: WireRow[] = [
  {
    section: '§5.4',
    rule: 'server joins fragments, including empty ones, into one message',
    sent: '01 81 00000000 61 00 80 00000000 00 82 00000000 6263 80 80 00000000',
    answer: '81 03 616263',
  },
  {
    section: '§5.4',
    rule: 'server closes 1002 on a continuation frame without a start',
    sent: '80 81 00000000 61',
    ...failing(1002, 'Continuation frame without a message (§5.4)'),
  },
  {
    section: '§5.4',
    rule: 'server closes 1002 on a continuation frame after the message has ended',
    sent: '81 81 00000000 61 00 81 00000000 62',
    answer: bytes('81 01 61', closeFrame(1002, 'Continuation frame without a message (§5.4)')),
    closeCode: 1002,
  },
  ...['81', '82', '01', '02'].map((first) => ({
    section: '§5.4',
    rule: `server closes 1002 on a new message (${first}) inside a fragmented one`,
    sent: `01 81 00000000 61 ${first} 81 00000000 62`,
    ...failing(1002, 'New message inside a fragmented one (§5.4)'),
  })),
  {
    section: '§5.4',
    rule: 'server answers a Ping between two fragments, before the message has ended',
    sent: ['01 82 00000000 4865', '89 81 00000000 70', '80 83 00000000 6c6c6f'],
    answer: '8a 01 70 81 05 48656c6c6f',
  },
  {
    section: '§5.4',
    rule: 'server accepts a Pong between two fragments',
    sent: '01 82 00000000 4865 8a 81 00000000 70 80 83 00000000 6c6c6f',
    answer: '81 05 48656c6c6f',
  },
  {
    section: '§5.4',
    rule: 'server answers a Close between two fragments and drops the unfinished message',
    sent: '01 82 00000000 4865 88 82 00000000 03e8 80 83 00000000 6c6c6f',
    answer: '88 02 03e8',
    closeCode: 1000,
  },
  {
    section: '§5.4',
    rule: 'server closes 1008 on the 17th empty fragment in a row',
    sent: bytes('02 80 00000000', repeat('00 80 00000000', 16)),
    ...failing(1008, 'Too many fragments: in a row without payload, over maxEmptyFragments 16'),
  },
  {
    section: '§5.4',
    rule: 'server accepts 16 empty fragments in a row',
    sent: bytes('02 80 00000000', repeat('00 80 00000000', 15), '80 81 00000000 61'),
    answer: '82 01 61',
  },
  {
    section: '§5.4',
    // No limit by default: fragments are joined, and cost less than the same number of messages.
    rule: 'server accepts a message of 5,000 fragments',
    sent: bytes('02 81 00000000 61', repeat('00 81 00000000 61', 4_998), '80 81 00000000 61'),
    answer: bytes('82 7e 1388', repeat('61', 5_000)),
  },
  {
    section: '§5.4',
    rule: 'server closes 1008 on a fragment over maxFragments, if that is set',
    target: '/?maxFragments=3',
    sent: '02 81 00000000 61 00 81 00000000 62 00 81 00000000 63 00 81 00000000 64',
    ...failing(1008, 'Too many fragments: over maxFragments 3'),
  },
  {
    section: '§5.4',
    rule: 'server accepts exactly maxFragments fragments',
    target: '/?maxFragments=3',
    sent: '02 81 00000000 61 00 81 00000000 62 80 81 00000000 63',
    answer: '82 03 616263',
  },
  {
    section: '§5.4',
    rule: 'server accepts 4 MiB in fragments of 64 bytes, if maxPayload allows it',
    target: '/?maxPayload=8388608',
    sent: bytes(
      '02 c0 00000000',
      repeat('ab', 64),
      repeat(bytes('00 c0 00000000', repeat('ab', 64)), 65_534),
      '80 c0 00000000',
      repeat('ab', 64),
    ),
    answer: bytes('82 7f 0000000000400000', repeat('ab', 4_194_304)),
  },
];

const control: WireRow[] = [
  ...['08', '09', '0a'].map((first) => ({
    section: '§5.5',
    rule: `server closes 1002 on a fragmented control frame (${first})`,
    sent: `${first} 80 00000000`,
    ...failing(1002, 'Fragmented control frame (§5.5)'),
  })),
  ...['88 fe 007e', '89 fe 007e', '8a ff 0000000000010000'].map((head) => ({
    section: '§5.5',
    rule: `server closes 1002 on a control frame over 125 bytes (${head})`,
    sent: `${head} 00000000`,
    ...failing(1002, 'Control frame over 125 bytes (§5.5)'),
  })),
  {
    section: '§5.5.2',
    rule: 'server answers a Ping with a Pong of the same payload',
    sent: ['89 85 37fa213d 7f9f4d5158'],
    answer: '8a 05 48656c6c6f',
  },
  {
    section: '§5.5.2',
    rule: 'server answers an empty Ping and one of 125 bytes',
    sent: ['89 80 00000000', bytes('89 fd 00000000', repeat('fe', 125))],
    answer: bytes('8a 00', '8a 7d', repeat('fe', 125)),
  },
  {
    section: '§5.5.3',
    rule: 'server answers each of several Pings while the transport is free',
    sent: '89 81 00000000 31 89 81 00000000 32 89 81 00000000 33',
    answer: '8a 01 31 8a 01 32 8a 01 33',
  },
  {
    section: '§5.5.2',
    rule: 'server sends its Pong before it answers a Close',
    sent: '89 81 00000000 31 88 82 00000000 03e8',
    answer: '8a 01 31 88 02 03e8',
    closeCode: 1000,
  },
  {
    section: '§5.5.3',
    rule: 'server does not answer an unsolicited Pong',
    sent: '8a 81 00000000 31 8a 80 00000000',
    answer: '',
  },
];

/** RFC 6455 §5: data framing. */
export const frameRows: WireRow[] = [...masking, ...firstByte, ...lengths, ...fragments, ...control];

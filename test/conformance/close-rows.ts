import { bytes, closeFrame, failing, repeat, type WireRow } from './wire-row.ts';

const validCodes = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999];
const invalidCodes = [
  0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1099, 1100, 1999, 2000, 2999, 5000, 9999, 32_768, 65_535,
];
const hex = (code: number): string => code.toString(16).padStart(4, '0');

const codes: WireRow[] = [
  ...validCodes.map((code) => ({
    section: '§7.4',
    rule: `server echoes close code ${code} with its reason`,
    sent: `88 85 00000000 ${hex(code)} 627965`,
    answer: `88 05 ${hex(code)} 627965`,
    closeCode: code,
  })),
  ...invalidCodes.map((code) => ({
    section: '§7.4',
    rule: `server closes 1002 on close code ${code}`,
    sent: `88 82 00000000 ${hex(code)}`,
    ...failing(1002, `Close code ${code} (§7.4)`),
  })),
  {
    section: '§5.5.1',
    rule: 'server closes 1002 on a Close frame with a truncated code',
    sent: '88 81 00000000 03',
    ...failing(1002, 'Close frame with one byte of payload (§5.5.1)'),
  },
  {
    section: '§7.1.5',
    rule: 'server answers a Close frame without a code with the same, and reports 1005 to the application',
    sent: '88 80 00000000',
    answer: '88 00',
    closeCode: 1005,
  },
  {
    section: '§7.1.6',
    rule: 'server echoes a reason of 123 bytes',
    sent: bytes('88 fd 00000000 03e8', repeat('78', 123)),
    answer: bytes('88 7d 03e8', repeat('78', 123)),
    closeCode: 1000,
  },
  ...['ff', 'eda080', 'f09f98', 'c0af'].map((reason) => ({
    section: '§5.5.1',
    rule: `server closes 1007 on the reason ${reason}, which is not UTF-8`,
    sent: `88 ${(0x82 + reason.length / 2).toString(16)} 00000000 03e8 ${reason}`,
    ...failing(1007, 'Close reason is not valid UTF-8 (§5.5.1)'),
  })),
];

const handshake: WireRow[] = [
  {
    section: '§5.5.1',
    rule: "server ignores data after the client's Close frame",
    sent: '88 82 00000000 03e8 81 81 00000000 61 89 80 00000000',
    answer: '88 02 03e8',
    closeCode: 1000,
  },
  {
    section: '§5.5.1',
    rule: "server ignores bytes that are not a frame after the client's Close frame",
    sent: bytes('88 82 00000000 03e8', repeat('ff', 1000)),
    answer: '88 02 03e8',
    closeCode: 1000,
  },
  {
    section: '§5.5.1',
    rule: 'server answers 10,000 Close frames once',
    sent: repeat('88 82 00000000 03e8', 10_000),
    answer: '88 02 03e8',
    closeCode: 1000,
  },
  {
    section: '§5.5.1',
    rule: 'server answers a message first, and then the Close frame that arrived with it',
    sent: '81 81 00000000 61 88 82 00000000 03e8',
    answer: '81 01 61 88 02 03e8',
    closeCode: 1000,
  },
  {
    section: '§7.1.2',
    rule: "server that closes accepts the client's answer and ends the connection",
    target: '/close-at-once',
    sent: '88 82 00000000 03e9',
    answer: '88 02 03e9',
    closeCode: 1001,
  },
  {
    section: '§7.1.2',
    rule: "server that closes drops messages and answers no Ping until the client's answer",
    target: '/close-at-once',
    sent: '81 81 00000000 61 89 80 00000000 88 82 00000000 03e9',
    answer: '88 02 03e9',
    closeCode: 1001,
  },
  {
    section: '§7.1.2',
    rule: "server sends one Close frame if both sides close at the same time, and reports the client's code",
    target: '/close-at-once',
    early: '88 82 00000000 0fa0',
    sent: [],
    answer: '88 02 03e9',
    closeCode: 4000,
  },
  {
    section: '§5.5.1',
    rule: 'server sends nothing after its Close frame, whatever the application sends',
    target: '/close-then-send',
    sent: ['81 81 00000000 61', '88 82 00000000 03e8'],
    answer: '81 06 6265666f7265 88 02 03e8',
    closeCode: 1000,
  },
  {
    section: '§7.4',
    rule: "server throws on the application's invalid code or reason, and the connection stays open",
    target: '/close-wrongly',
    sent: '81 81 00000000 61',
    answer: bytes('81 34', Buffer.from('RangeError RangeError RangeError TypeError TypeError')),
  },
  {
    section: '§5.6',
    rule: 'server throws on a message that is neither text nor bytes, and sends bytes with their content at the call',
    target: '/send-wrongly',
    sent: '81 81 00000000 61',
    answer: bytes('82 09', Buffer.from('as it was'), repeat(bytes('81 09', Buffer.from('TypeError')), 3)),
  },
];

const failures: WireRow[] = [
  {
    section: '§7.1.7',
    rule: 'server that fails a connection reads nothing more from it',
    sent: '83 80 00000000 81 81 00000000 61 88 82 00000000 03e8',
    ...failing(1002, 'Reserved opcode 3 (§5.2)'),
  },
  {
    section: '§7.1.7',
    rule: 'server first answers frames from before a fault',
    sent: '81 81 00000000 61 89 81 00000000 62 81 00',
    answer: bytes('81 01 61 8a 01 62', closeFrame(1002, 'A client must mask (§5.1)')),
    closeCode: 1002,
  },
  {
    section: '§7.1.7',
    rule: 'server that has sent a Close frame does not send another on a fault',
    target: '/close-at-once',
    sent: '83 80 00000000',
    answer: '88 02 03e9',
    closeCode: 1002,
  },
];

/** RFC 6455 §5.5.1 and §7: closing the connection. */
export const closeRows: WireRow[] = [...codes, ...handshake, ...failures];

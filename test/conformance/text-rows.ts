import { bytes, failing, toBytes, type WireBytes, type WireRow } from './wire-row.ts';

const invalid = failing(1007, 'Text is not valid UTF-8 (§8.1)');

/** The bytes one by one, each in a separate read. */
function singly(piece: WireBytes): Buffer[] {
  return Array.from(toBytes(piece), (byte) => Buffer.of(byte));
}

const faults = [
  ['a byte that is never in UTF-8', 'ff'],
  ['a continuation byte alone', '80'],
  ['an overlong slash of 2 bytes', 'c0af'],
  ['an overlong slash of 3 bytes', 'e080af'],
  ['an overlong slash of 4 bytes', 'f08080af'],
  ['half a surrogate pair', 'eda080'],
  ['a surrogate pair', 'eda0bdedb880'],
  ['a code point over U+10FFFF', 'f4908080'],
  ['a sequence of 5 bytes', 'f888808080'],
  ['a truncated code point', 'f09f98'],
] as const;

const whole: WireRow[] = faults.flatMap(([what, text]) => {
  const { length } = toBytes(text);
  const head = `${(0x80 | length).toString(16)} 00000000`;
  return [
    { section: '§8.1', rule: `server closes 1007 on ${what}`, sent: `81 ${head} ${text}`, ...invalid },
    {
      section: '§8.1',
      rule: `server closes 1007 on ${what} that arrives byte by byte`,
      sent: ['81', head, ...singly(text)],
      ...invalid,
    },
    {
      section: '§8.1',
      rule: `server closes 1007 on ${what} in a later fragment`,
      sent: `01 82 00000000 6f6b 80 ${head} ${text}`,
      ...invalid,
    },
  ];
});

const failFast: WireRow[] = [
  {
    section: '§8.1',
    rule: 'server closes 1007 at the byte that makes a code point invalid, before the rest of the frame has arrived',
    sent: '81 e4 00000000 cebae1bdb9cf83cebccebe f490',
    ...invalid,
  },
  {
    section: '§8.1',
    rule: 'server closes 1007 on an invalid first fragment, before the message has arrived',
    sent: '01 83 00000000 eda080',
    ...invalid,
  },
  {
    section: '§8.1',
    rule: 'server closes 1007 if the next fragment does not continue the code point',
    sent: '01 82 00000000 e282 00 81 00000000 41',
    ...invalid,
  },
];

const face = toBytes('f09f9880');

const split: WireRow[] = [
  ...[1, 2, 3].map((cut) => ({
    section: '§5.6',
    rule: `server accepts a code point of 4 bytes that is split after byte ${cut} by a fragment`,
    sent: bytes(
      Buffer.of(0x01, 0x80 | cut, 0, 0, 0, 0),
      face.subarray(0, cut),
      Buffer.of(0x80, 0x80 | (4 - cut), 0, 0, 0, 0),
      face.subarray(cut),
    ),
    answer: '81 04 f09f9880',
  })),
  ...[1, 2, 3].map((cut) => ({
    section: '§5.6',
    rule: `server accepts a code point of 4 bytes that is split after byte ${cut} by a read`,
    sent: [bytes('81 84 00000000', face.subarray(0, cut)), face.subarray(cut)],
    answer: '81 04 f09f9880',
  })),
  {
    section: '§5.6',
    rule: 'server accepts a code point in four fragments that arrive byte by byte',
    sent: singly('01 81 00000000 f0 00 81 00000000 9f 00 81 00000000 98 80 81 00000000 80'),
    answer: '81 04 f09f9880',
  },
  {
    section: '§5.6',
    rule: 'server accepts U+0000, U+FFFF and U+10FFFF',
    sent: '81 88 00000000 00 efbfbf f48fbfbf',
    answer: '81 08 00 efbfbf f48fbfbf',
  },
  {
    section: '§5.6',
    rule: 'server accepts any bytes as a binary message',
    sent: '82 84 00000000 ff80eda0',
    answer: '82 04 ff80eda0',
  },
];

/** RFC 6455 §5.6 and §8.1: what is text. */
export const textRows: WireRow[] = [...whole, ...failFast, ...split];

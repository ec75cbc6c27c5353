/** The bytes on either side of every bound of RFC 3629 §4. */
export const utf8Boundaries = [
  0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0,
  0xf1, 0xf3, 0xf4, 0xf5, 0xff,
];

const decoder = new TextDecoder('utf-8', { fatal: true });

/** Whether the platform's own decoder accepts the bytes. */
export function isUtf8Text(bytes: Uint8Array): boolean {
  try {
    decoder.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/**
 * Each range of continuation bytes contains one of these, so any prefix that can be completed can be completed with
 * them.
 */
const ends: number[][] = [[]];
for (let index = 0; index < ends.length && ends[index]!.length < 3; index++) {
  for (const byte of [0x80, 0x90, 0xa0]) ends.push([...ends[index]!, byte]);
}

/** Whether the bytes are UTF-8, or can become so by appending bytes: tries all of them. */
export function canBecomeUtf8(bytes: Uint8Array): boolean {
  return ends.some((end) => isUtf8Text(Buffer.concat([bytes, Buffer.from(end)])));
}

/** The number of slots in a Redis Cluster. */
export const slotCount = 16_384;

const table = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x1021;
  return crc;
});

/** CRC-16/XMODEM of the text as UTF-8, which assigns keys to slots. */
function crc16(text: string): number {
  let crc = 0;
  for (const byte of Buffer.from(text)) crc = ((crc << 8) & 0xffff) ^ (table[(crc >> 8) ^ byte] ?? 0);
  return crc;
}

/** The slot of a key or sharded channel: only the text in its first pair of braces counts, unless it is empty. */
export function hashSlot(key: string): number {
  const start = key.indexOf('{');
  const end = start < 0 ? -1 : key.indexOf('}', start);
  return crc16(end > start + 1 ? key.slice(start + 1, end) : key) % slotCount;
}

const tags = new Map<number, string>();

/** A text that hashes to the given slot, for a key that belongs to a slot instead of a topic. */
export function tagOfSlot(slot: number): string {
  const known = tags.get(slot);
  if (known !== undefined) return known;
  let number = 0;
  while (crc16(String(number)) % slotCount !== slot) number++;
  tags.set(slot, String(number));
  return String(number);
}

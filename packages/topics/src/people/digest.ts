/** 64 bits in two halves, because a number holds only 53. */
export interface Hash {
  readonly high: number;
  readonly low: number;
}

/** What nodes compare instead of a list: its length and the sum of the hashes. */
export interface DigestValue extends Hash {
  readonly count: number;
}

/** A sum of hashes, independent of the order in which they were added and removed. */
export class Digest implements DigestValue {
  count = 0;
  high = 0;
  low = 0;

  add(hash: Hash): void {
    this.count++;
    this.high = (this.high + hash.high) >>> 0;
    this.low = (this.low + hash.low) >>> 0;
  }

  remove(hash: Hash): void {
    this.count--;
    this.high = (this.high - hash.high) >>> 0;
    this.low = (this.low - hash.low) >>> 0;
  }

  equals({ count, high, low }: DigestValue): boolean {
    return this.count === count && this.high === high && this.low === low;
  }
}

/**
 * Two lanes of multiply and rotate, as in cyrb53. It detects accidental differences; it does not withstand an attacker.
 */
export function hashText(text: string): Hash {
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    high = Math.imul(high ^ unit, 2_654_435_761);
    low = Math.imul(low ^ unit, 1_597_334_677);
  }
  const mixed = Math.imul(high ^ (high >>> 16), 2_246_822_507) ^ Math.imul(low ^ (low >>> 13), 3_266_489_909);
  const other = Math.imul(low ^ (low >>> 16), 2_246_822_507) ^ Math.imul(mixed ^ (mixed >>> 13), 3_266_489_909);
  return { high: mixed >>> 0, low: other >>> 0 };
}

import { slotCount } from './hash-slot.ts';

/** Maps each slot to the address `HOST:PORT` of its master. */
export class ClusterSlots {
  readonly #addresses: readonly (string | undefined)[];

  private constructor(addresses: readonly (string | undefined)[]) {
    this.#addresses = addresses;
  }

  /**
   * Parses the answer to CLUSTER SLOTS.
   *
   * @param asked the host of the node that was asked, which may omit its own host in the answer
   * @throws {Error} if a slot has no master
   */
  static parse(answer: unknown, asked: string): ClusterSlots {
    const addresses: (string | undefined)[] = Array.from({ length: slotCount });
    for (const [start, end, [host, port]] of answer as readonly [number, number, readonly [Buffer | null, number]][]) {
      addresses.fill(`${host?.toString() || asked}:${port}`, start, end + 1);
    }
    const open = addresses.indexOf(undefined);
    if (open >= 0) throw new Error(`CLUSTERDOWN Slot ${open} of the Cluster has no master`);
    return new ClusterSlots(addresses);
  }

  get masters(): ReadonlySet<string> {
    return new Set(this.#addresses.filter((address) => address !== undefined));
  }

  addressOf(slot: number): string | undefined {
    return this.#addresses[slot];
  }

  with(slot: number, address: string): ClusterSlots {
    return new ClusterSlots(this.#addresses.with(slot, address));
  }

  /** Applies each master's claims about its own slots, which other masters learn later. */
  updated(claims: ReadonlyMap<string, ClusterSlots>): ClusterSlots {
    const addresses = [...this.#addresses];
    for (const [master, claimed] of claims) {
      for (let slot = 0; slot < slotCount; slot++) if (claimed.addressOf(slot) === master) addresses[slot] = master;
    }
    return new ClusterSlots(addresses);
  }

  /** The slots whose master differs from `before`. */
  movedSince(before: ClusterSlots): Set<number> {
    const slots = new Set<number>();
    for (let slot = 0; slot < slotCount; slot++) {
      if (this.addressOf(slot) !== before.addressOf(slot)) slots.add(slot);
    }
    return slots;
  }
}

/** The host of an address `HOST:PORT`. */
export function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(':'));
}

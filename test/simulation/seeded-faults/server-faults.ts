import { BusServer, type History } from '../bus-server.ts';
import type { SeededFault } from './seeded-fault.ts';

/** A server that takes over continues the epoch of the one before, and gives the offsets of what is lost to others. */
class ReusedOffsets extends BusServer {
  protected override takeOver(_history: History): void {}
}

/** A server that takes over says of all positions from before that they are in what follows. */
class GenerousServer extends BusServer {
  protected override takeOver(history: History): void {
    super.takeOver(history);
    history.former = history.former.map(({ epoch }) => ({ epoch, offset: Infinity }));
  }
}

export const serverFaults: readonly SeededFault[] = [
  {
    name: 'a server that takes over reuses offsets in the same epoch',
    part: 'server',
    finds: /misses .* without a gap/,
    createServer: (clock, observer) => new ReusedOffsets(clock, observer),
  },
  {
    name: 'a server that takes over vouches for what it does not have',
    part: 'server',
    finds: /misses .* without a gap/,
    createServer: (clock, observer) => new GenerousServer(clock, observer),
  },
];

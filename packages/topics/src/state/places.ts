import { randomUUID } from 'node:crypto';
import type { Position } from '../bus/position.ts';

/** A change of a key, and the broker's offset that brought it. */
export interface LoggedChange {
  readonly key: string;
  readonly offset: number;
}

interface Recorded {
  /** The broker's position of the last message. */
  readonly position: Position;
  /** The recent changes, and the number of the first of them. */
  readonly log: readonly LoggedChange[];
  readonly first: number;
}

/** The positions of a state that clients are told, and resume from. */
export interface Places {
  placeOf(position: Position, lastChange: number): Position;
  /** The state is loaded again, at a position. */
  onLoad(position: Position, former: Position | undefined, lastChange: number): void;
  /** The number of the last change that a client at this place has; undefined if that is not known. */
  numberAt(place: Position, recorded: Recorded): number | undefined;
}

/** Positions of the broker, which mean the same on all nodes. */
export class BrokerPlaces implements Places {
  /** From this number on the changes belong to the present epoch. */
  #epochBegan = 1;
  /** Changes after this offset are in the log, as far as the log goes back. */
  #loadedAt = 0;

  placeOf(position: Position): Position {
    return position;
  }

  onLoad({ epoch, offset }: Position, former: Position | undefined, lastChange: number): void {
    if (epoch === former?.epoch) return;
    this.#epochBegan = lastChange + 1;
    this.#loadedAt = offset;
  }

  numberAt({ epoch, offset }: Position, { position, log, first }: Recorded): number | undefined {
    if (epoch !== position.epoch || offset > position.offset || offset < this.#loadedAt) return undefined;
    const start = Math.max(0, this.#epochBegan - first);
    const next = log.findIndex((change, index) => index >= start && change.offset > offset);
    const number = next === -1 ? first + log.length - 1 : first + next - 1;
    // Changes at this offset may have left the log.
    return number === first - 1 && first > this.#epochBegan ? undefined : number;
  }
}

/** Numbers of the changes on this node: a client that comes from another node gets the whole state. */
export class NodePlaces implements Places {
  readonly #epoch = randomUUID();

  placeOf(_position: Position, lastChange: number): Position {
    return { epoch: this.#epoch, offset: lastChange };
  }

  onLoad(): void {}

  numberAt({ epoch, offset }: Position, { log, first }: Recorded): number | undefined {
    const isKnown = epoch === this.#epoch && offset >= first - 1 && offset < first + log.length;
    return isKnown ? offset : undefined;
  }
}

import type { IncompleteMessage } from '../message/message-source.ts';
import type { ByteHolder } from './byte-budget.ts';

/** Whose message it is. */
export interface IncompleteMessageOwner {
  readonly messageInProgress: IncompleteMessage | null;
  /** Closes the socket. @param total bytes of the incomplete messages of all sockets */
  shedIncomplete(total: number): void;
}

/** An incomplete message, counted separately from the unread messages of the same reader. */
export class IncompleteMessageHolder implements ByteHolder {
  readonly #owner: IncompleteMessageOwner;

  constructor(owner: IncompleteMessageOwner) {
    this.#owner = owner;
  }

  get heldBytes(): number {
    return this.#owner.messageInProgress?.byteLength ?? 0;
  }

  shed(total: number): void {
    this.#owner.shedIncomplete(total);
  }
}

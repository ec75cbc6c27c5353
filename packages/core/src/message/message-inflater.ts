import { isUtf8 } from 'node:buffer';
import type { Inflater } from '../deflate/inflater.ts';
import type { ProtocolError } from '../errors.ts';
import { Opcode } from '../opcode.ts';
import { invalidUtf8 } from './message-assembler.ts';
import type { IncompleteMessage, MessageSource, Received } from './message-source.ts';

/** A message inflated, or being inflated, off the event loop. */
interface Inflation {
  readonly opcode: Received['opcode'];
  outcome: Buffer | ProtocolError | null;
}

/** Inflates the compressed messages of another source (RFC 7692 §6.2). Everything after a message waits for it. */
export class MessageInflater implements MessageSource {
  readonly #source: MessageSource;
  readonly #inflater: Inflater;
  readonly #onReady: () => void;
  #inflation: Inflation | null = null;

  /** @param onReady called when a message that `next()` could not give yet is inflated */
  constructor(source: MessageSource, inflater: Inflater, onReady: () => void) {
    this.#source = source;
    this.#inflater = inflater;
    this.#onReady = onReady;
  }

  get isBusy(): boolean {
    return this.#inflation !== null && this.#inflation.outcome === null;
  }

  get messageInProgress(): IncompleteMessage | null {
    return this.#source.messageInProgress;
  }

  next(): Received | null {
    const inflation = this.#inflation;
    if (inflation !== null) return this.#takeInflated(inflation);
    const received = this.#source.next();
    if (received === null || !received.isCompressed) return received;
    const { opcode } = received;
    const message = this.#inflater.inflate(received.payload);
    if (Buffer.isBuffer(message)) return inflated(opcode, message);
    this.#wait({ opcode, outcome: null }, message);
    return null;
  }

  dispose(): void {
    this.#source.dispose();
  }

  #wait(inflation: Inflation, message: Promise<Buffer>): void {
    this.#inflation = inflation;
    const settle = (outcome: Buffer | ProtocolError): void => {
      inflation.outcome = outcome;
      this.#onReady();
    };
    message.then(settle, settle);
  }

  #takeInflated({ opcode, outcome }: Inflation): Received | null {
    if (outcome === null) return null;
    this.#inflation = null;
    if (!Buffer.isBuffer(outcome)) throw outcome;
    return inflated(opcode, outcome);
  }
}

function inflated(opcode: Received['opcode'], payload: Buffer): Received {
  if (opcode === Opcode.Text && !isUtf8(payload)) throw invalidUtf8();
  return { opcode, payload, isCompressed: false };
}

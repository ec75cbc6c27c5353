import type { TestClient } from '@turnout/testing';
import type { Position } from '../src/index.ts';

interface StateMessage {
  readonly subscribed?: { readonly recovered: boolean } & Partial<Position>;
  readonly state?: Readonly<Record<string, unknown>>;
  readonly set?: Readonly<Record<string, unknown>>;
  readonly unset?: readonly string[];
  readonly more?: boolean;
  readonly page?: number;
  readonly epoch?: string;
  readonly offset?: number;
}

/** A client of a state, as docs/protocol.md says. */
export class StateMirror {
  readonly entries = new Map<string, unknown>();
  /** The messages in order, without what all of them have. */
  readonly messages: StateMessage[] = [];
  position: Position | undefined;
  recovered: boolean | undefined;

  async follow(client: TestClient): Promise<void> {
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop -- one message after the other
      const message = await client.next({ timeout: 60_000 }).catch(() => undefined);
      if (message === undefined) return;
      this.take(String(message));
    }
  }

  take(text: string): void {
    const message = JSON.parse(text) as StateMessage;
    this.messages.push(message);
    const { subscribed, state, set, unset, epoch, offset, page } = message;
    if (subscribed !== undefined) {
      this.recovered = subscribed.recovered;
      this.#moveTo(subscribed);
      return;
    }
    if (epoch === undefined && offset !== undefined && offset <= (this.position?.offset ?? 0)) return;
    this.#moveTo({ ...this.position, ...message });
    if (state !== undefined && (page ?? 0) === 0) this.entries.clear();
    for (const [key, value] of Object.entries(state ?? set ?? {})) this.entries.set(key, value);
    for (const key of unset ?? []) this.entries.delete(key);
  }

  #moveTo({ epoch, offset }: Partial<Position>): void {
    if (epoch !== undefined && offset !== undefined) this.position = { epoch, offset };
  }
}

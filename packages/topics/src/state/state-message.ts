import type { Position } from '../bus/position.ts';
import type { Subscribed } from '../delivery/envelope.ts';

type Values = Readonly<Record<string, unknown>>;

/** What the server sends to a subscriber of a state, as JSON. */
export type StateMessage = { readonly topic: string } & (
  | { readonly subscribed: Subscribed }
  | ({ readonly state: Values; readonly page?: number } & (Position | { readonly more: true }))
  | { readonly set?: Values; readonly unset?: readonly string[]; readonly epoch?: string; readonly offset?: number }
  | { readonly refused: string }
);

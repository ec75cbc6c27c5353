import type { Option } from './option.ts';

/** The text about a limit in the README. */
export interface LimitNotes {
  /** What happens beyond the limit: the HTTP status or close code that is sent, or a sentence. */
  readonly answer: string;
  /** Why there is a limit, and why this default. */
  readonly reason: string;
}

export type Limit = Option<number, number> & LimitNotes;

/** Declares an option that bounds something. */
export function limit(option: Option<number, number>, notes: LimitNotes): Limit {
  return { ...option, ...notes };
}

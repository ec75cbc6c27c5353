import type { Option } from './option.ts';

/** What stands in the README beside a limit. */
export interface LimitNotes {
  /** What happens over the limit: the HTTP status or the close code that is sent, or something else. */
  readonly answer: string;
  /** Why there is a limit, and why this one. */
  readonly reason: string;
}

export type Limit = Option<number, number> & LimitNotes;

/** Declares an option that bounds something. */
export function limit(option: Option<number, number>, notes: LimitNotes): Limit {
  return { ...option, ...notes };
}

import type { Option } from './option.ts';

/** What stands in the README beside a limit. */
export interface LimitNotes {
  /** What who goes over the limit is told: an HTTP status, a close code, or what else happens. */
  readonly answer: string;
  /** Why the limit is there, and why it is that. */
  readonly reason: string;
}

export type Limit = Option<number, number> & LimitNotes;

/** Declares an option that bounds something. */
export function limit(option: Option<number, number>, notes: LimitNotes): Limit {
  return { ...option, ...notes };
}

export interface Candidate {
  readonly id: string;
  readonly name: string;
  readonly count: number;
}

/** Who may be voted for; their ids are 1, 2, 3… */
export const candidateNames = ['Ada Lovelace', 'Grace Hopper', 'Alan Turing', 'Edsger Dijkstra'];

/** What a vote has come to. */
export interface Counted {
  readonly count: number;
  /** False where a vote with the same key had been counted before. */
  readonly isNew: boolean;
}

/** Where votes are counted. What a method resolves with is kept. */
export interface VoteStore {
  all(): Promise<Candidate[]>;
  /**
   * Adds a vote.
   *
   * @param key the voter's own name for it, so that a vote that is sent again is counted once
   * @returns undefined where there is no such candidate
   */
  add(id: string, key: string | undefined): Promise<Counted | undefined>;
}

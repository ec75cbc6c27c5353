export interface Candidate {
  readonly id: string;
  readonly name: string;
  readonly count: number;
}

/** The candidates; their ids are 1, 2, 3… */
export const candidateNames = ['Ada Lovelace', 'Grace Hopper', 'Alan Turing', 'Edsger Dijkstra'];

export interface Vote {
  /** The id of the user who votes. */
  readonly voter: string;
  /** The candidate's id. */
  readonly id: string;
  /** Chosen by the voter, so that a vote that is sent again is counted once. */
  readonly key: string | undefined;
}

/** The outcome of a vote. */
export interface Counted {
  /** The candidate that it was counted for; with a key that the voter has used before, the earlier candidate. */
  readonly id: string;
  readonly count: number;
}

/** The storage of votes. A promise resolves only once the data is stored. */
export interface VoteStore {
  all(): Promise<Candidate[]>;
  /** Adds a vote; `undefined` for an unknown candidate. */
  add(vote: Vote): Promise<Counted | undefined>;
}

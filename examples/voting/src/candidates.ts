export interface Candidate {
  readonly id: string;
  readonly name: string;
  readonly count: number;
}

/** Who may be voted for; their ids are 1, 2, 3… */
export const candidateNames = ['Ada Lovelace', 'Grace Hopper', 'Alan Turing', 'Edsger Dijkstra'];

export interface Vote {
  /** The id of the user who votes. */
  readonly voter: string;
  /** The candidate's id. */
  readonly id: string;
  /** The voter's own name for the vote, so that one that is sent again is counted once. */
  readonly key: string | undefined;
}

/** What a vote has come to. */
export interface Counted {
  /** Whom it was counted for: with a key that the voter has used before, whom it was counted for then. */
  readonly id: string;
  readonly count: number;
}

/** Where votes are counted. What a method resolves with is kept. */
export interface VoteStore {
  all(): Promise<Candidate[]>;
  /** Adds a vote; `undefined` for an unknown candidate. */
  add(vote: Vote): Promise<Counted | undefined>;
}

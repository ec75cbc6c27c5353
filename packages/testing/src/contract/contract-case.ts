import { milliseconds, type OptionsFor } from '@turnout/core/options';
import type { Deadline } from './deadline.ts';

/** One test of a contract suite, for any test runner: `test(name, run)`. */
export interface ContractCase {
  readonly name: string;
  /** Rejects with an `AssertionError` that says what the contract requires and what happened instead. */
  readonly run: () => Promise<void>;
}

export interface ContractOptions {
  /**
   * How long a case waits for an expected event, in ms of real time, before it fails. Set the test runner's own limit
   * higher. Default: 4,000.
   */
  readonly timeout?: number;
}

/** The default is below the 5 s that Jest and Vitest give a test. */
export const contractOptions = { timeout: milliseconds({ default: 4_000 }) } satisfies OptionsFor<ContractOptions>;

/** What a case can use while it runs. */
export interface CaseContext {
  readonly deadline: Deadline;
  /** Runs when the case ends, in reverse order. */
  readonly onEnd: (cleanup: () => unknown) => void;
}

import { test } from 'vitest';
import { Random } from '@turnout/test-kit/random';

const isLong = process.env['TURNOUT_LONG'] === '1';
const seed = Number(process.env['TURNOUT_FUZZ_SEED'] ?? 1);
const only = process.env['TURNOUT_FUZZ_INPUT'];

export interface FuzzCounts {
  /** Inputs for `pnpm test`. */
  readonly short: number;
  /** Inputs for `pnpm test:long`. */
  readonly long: number;
}

/**
 * A test that runs `check` with random inputs, the same each time. `TURNOUT_FUZZ_SEED` selects other inputs, and
 * `TURNOUT_FUZZ_INPUT` only one of them.
 */
export function fuzz(name: string, { short, long }: FuzzCounts, check: (random: Random) => void): void {
  const count = isLong ? long : short;
  const [start, end] = only === undefined ? [0, count] : [Number(only), Number(only) + 1];
  test(`${name}: ${only ?? count.toLocaleString('en')} inputs`, () => {
    for (let input = start; input < end; input++) {
      try {
        check(new Random(Math.imul(seed, 0x9e3779b1) ^ input));
      } catch (error) {
        const how = `TURNOUT_FUZZ_SEED=${seed} TURNOUT_FUZZ_INPUT=${input}`;
        throw new Error(`${how} fails: ${(error as Error).message}`, { cause: error });
      }
    }
  });
}

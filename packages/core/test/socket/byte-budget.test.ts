import { describe, expect, test } from 'vitest';
import { ByteBudget, type ByteHolder } from '../../src/socket/byte-budget.ts';

class Holder implements ByteHolder {
  readonly sheds: number[] = [];
  heldBytes = 0;

  shed(total: number): void {
    this.sheds.push(total);
    this.heldBytes = 0;
  }
}

const limit = 1_000;

/** Sets how many bytes the holder holds, and returns whether all together hold too much. */
function hold(budget: ByteBudget, holder: Holder, bytes: number): boolean {
  holder.heldBytes = bytes;
  return budget.count(holder, limit);
}

describe('ByteBudget', () => {
  test('closes the holders with the most bytes until all fit, whoever added bytes', () => {
    const budget = new ByteBudget();
    const [one, two, three] = [new Holder(), new Holder(), new Holder()];
    expect([hold(budget, one, 300), hold(budget, two, 400), hold(budget, three, 300)]).toEqual([false, false, false]);
    expect(hold(budget, three, 301)).toBe(true);
    budget.relieve(limit);
    expect([one.sheds, two.sheds, three.sheds]).toEqual([[], [1_001], []]);
    budget.relieve(100);
    expect([one.sheds, three.sheds]).toEqual([[300], [601]]);
    expect(hold(budget, two, 1_000)).toBe(false);
  });

  test('closes nobody for bytes that are no longer held', () => {
    const budget = new ByteBudget();
    const [one, two] = [new Holder(), new Holder()];
    hold(budget, one, 900);
    expect(hold(budget, two, 200)).toBe(true);
    one.heldBytes = 100;
    budget.relieve(limit);
    expect([one.sheds, two.sheds]).toEqual([[], []]);
    expect(hold(budget, two, 901)).toBe(true);
  });

  test('forgets a removed holder', () => {
    const budget = new ByteBudget();
    const [one, two] = [new Holder(), new Holder()];
    hold(budget, one, 900);
    budget.forget(one);
    budget.forget(two);
    expect(hold(budget, two, 1_000)).toBe(false);
  });
});

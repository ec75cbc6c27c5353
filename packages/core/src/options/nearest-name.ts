/** The name that a misspelt one is closest to; `undefined` if none is close. */
export function nearestName(misspelt: string, names: readonly string[]): string | undefined {
  const wanted = misspelt.toLowerCase();
  let nearest: string | undefined;
  let fewest = Math.max(2, Math.floor(misspelt.length / 3)) + 1;
  for (const name of names) {
    const edits = countEdits(wanted, name.toLowerCase());
    if (edits >= fewest) continue;
    fewest = edits;
    nearest = name;
  }
  return nearest;
}

/**
 * How many letters must be added, removed, replaced or swapped with their neighbour to turn one word into the other.
 */
function countEdits(one: string, other: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (let row = 1; row <= one.length; row++) {
    const current = [row];
    for (let column = 1; column <= other.length; column++) {
      const isSame = one[row - 1] === other[column - 1];
      const isSwapped = one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      const replaced = at(last, column - 1) + (isSame ? 0 : 1);
      const swapped = at(beforeLast, column - 2) + (isSwapped ? 1 : Infinity);
      current.push(Math.min(replaced, swapped, at(last, column) + 1, at(current, column - 1) + 1));
    }
    beforeLast = last;
    last = current;
  }
  return at(last, other.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity;
}

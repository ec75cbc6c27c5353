/** So many lines have to be the same for two stretches of a log to be the same stretch. */
const certain = 20;

/**
 * What of `fresh`, the end of a log as it is now, comes after `known`, its end as it was: `fresh` is what is left
 * behind the last place where both agree. `null` where they do not overlap.
 */
export function behindOverlap(known: readonly string[], fresh: readonly string[]): string[] | null {
  for (let end = fresh.length; end > 0; end--) {
    const length = Math.min(end, known.length, certain);
    if (length > 0 && isSame(known, fresh, { end, length })) return fresh.slice(end);
  }
  return null;
}

function isSame(
  known: readonly string[],
  fresh: readonly string[],
  { end, length }: { readonly end: number; readonly length: number },
): boolean {
  for (let index = 1; index <= length; index++) {
    if (known[known.length - index] !== fresh[end - index]) return false;
  }
  return true;
}

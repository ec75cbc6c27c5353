/** How many lines must match for two parts of a log to count as the same. */
const certain = 20;

/**
 * The lines of `fresh`, the current end of a log, that come after `known`, its previous end: those after the last place
 * where both match. `null` if they do not overlap.
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

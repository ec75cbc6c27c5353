const maxNameLength = 40;

/** What is wrong with a name that a person has typed; undefined where nothing is. */
export function nameProblem(name: string): string | undefined {
  // What a name is seen by: not a space, a mark that needs a letter under it, or what no font draws.
  if (!/[^\p{White_Space}\p{Default_Ignorable_Code_Point}\p{C}\p{M}]/u.test(name)) return 'Enter a name';
  if (name.length > maxNameLength) return `Enter a name of at most ${maxNameLength} characters`;
  // \p{Cf} holds those that turn the direction of the text around them. The two that join letters (and emoji) may stay.
  if (/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]|(?![\u200C\u200D])\p{Cf}/u.test(name))
    return 'Enter a name without control characters';
  return undefined;
}

const maxNameLength = 40;

/** What is wrong with a name that a person has typed; undefined if nothing is. */
export function nameProblem(name: string): string | undefined {
  // A name needs a visible character: not only spaces, combining marks or invisible characters.
  if (!/[^\p{White_Space}\p{Default_Ignorable_Code_Point}\p{C}\p{M}]/u.test(name)) return 'Enter a name';
  if (name.length > maxNameLength) return `Enter a name of at most ${maxNameLength} characters`;
  // \p{Cf} includes characters that change the direction of the surrounding text. The two joiners of letters and emoji
  // are allowed.
  if (/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]|(?![\u200C\u200D])\p{Cf}/u.test(name))
    return 'Enter a name without control characters';
  return undefined;
}

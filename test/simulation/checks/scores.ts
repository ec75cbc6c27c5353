import type { World } from '../world.ts';

/** Each client has the state as the application's store has it. */
export function* checkScores({ scores, database }: World): Generator<string> {
  for (const { name, state, isOver } of scores) {
    if (isOver) continue;
    const { entries, status } = state;
    const wrong = [...database].filter(([key, value]) => entries.get(key) !== value);
    for (const [key, value] of wrong) yield `${name} has ${entries.get(key)} of ${key}, which is ${value}`;
    if (entries.size > database.size) yield `${name} has ${entries.size} scores of ${database.size}`;
    if (status !== 'live') yield `${name} has a state that is ${status}`;
  }
}

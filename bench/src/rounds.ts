/**
 * Measures every peer once per round; every other round in reverse, so that no peer always follows the same one.
 *
 * @returns for each peer, its rounds
 */
export async function takeTurns<Peer, Value>(
  peers: readonly Peer[],
  roundCount: number,
  measure: (peer: Peer, round: number) => Promise<Value>,
): Promise<Value[][]> {
  const turns = peers.map((peer) => ({ peer, values: [] as Value[] }));
  for (let round = 0; round < roundCount; round++) {
    for (const { peer, values } of round % 2 === 0 ? turns : turns.toReversed()) {
      values.push(await measure(peer, round));
    }
  }
  return turns.map(({ values }) => values);
}

/**
 * The scenarios whose names begin with one of `only`, a comma-separated list; by default all.
 *
 * @throws {Error} if nothing matches
 */
export function choose<Scenario extends { readonly name: string }>(
  scenarios: readonly Scenario[],
  only: string | undefined,
): Scenario[] {
  const wanted = only?.split(',');
  const chosen = scenarios.filter(({ name }) => wanted?.some((start) => name.startsWith(start)) ?? true);
  if (chosen.length > 0) return chosen;
  throw new Error(`No such scenario: got ${only}, there are ${scenarios.map(({ name }) => name).join(', ')}`);
}

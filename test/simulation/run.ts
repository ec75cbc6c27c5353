// Runs seeds of the simulation: `node --conditions=@turnout/source --import tsx test/simulation/run.ts 17`, or `1-200`.
import { SeededEnvironment } from './seeded-environment.ts';
import { simulate } from './simulation.ts';

const [range = '1-50', ...flags] = process.argv.slice(2);
const [first = 1, last = first] = range.split('-').map(Number);
const environment = new SeededEnvironment();
const realNow = performance.now.bind(performance);
environment.install();
const start = realNow();
let failures = 0;
for (let seed = first; seed <= last; seed++) {
  const trace = flags.includes('--trace') ? console.log : undefined;
  const { violations, trouble, digest, messages } = await simulate({ environment, seed, ...(trace && { trace }) });
  if (flags.includes('--verbose')) console.log(`seed ${seed}: ${digest}, ${messages} messages`);
  if (violations.length === 0) continue;
  failures++;
  console.log(`seed ${seed} fails, with ${trouble}:`);
  for (const violation of violations.slice(0, 10)) console.log(`  ${violation}`);
}
console.log(`${last - first + 1} seeds, ${failures} fail, ${((realNow() - start) / 1_000).toFixed(1)} s`);
process.exitCode = failures > 0 ? 1 : 0;

// Runs seeds of the simulation, and says what is wrong with those that fail:
//   node --conditions=@turnout/source --import tsx test/simulation/run.ts 17 --trace
//   node --conditions=@turnout/source --import tsx test/simulation/run.ts 1-200
//   node --conditions=@turnout/source --import tsx test/simulation/run.ts 1-2000 --fault "who leaves is not told"
import { parseArgs } from 'node:util';
import { SeededEnvironment } from './seeded-environment.ts';
import { seededFaults } from './seeded-faults/seeded-faults.ts';
import { simulate } from './simulation.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { trace: { type: 'boolean' }, fault: { type: 'string' }, first: { type: 'boolean' } },
});
const [first = 1, last = first] = (positionals[0] ?? '1-50').split('-').map(Number);
const fault = seededFaults.find(({ name }) => name === values.fault);
if (values.fault !== undefined && fault === undefined) throw new RangeError(`No such fault: ${values.fault}`);

const environment = new SeededEnvironment();
environment.install();
fault?.install?.();
let failures = 0;
for (let seed = first; seed <= last; seed++) {
  const result = await simulate({
    environment,
    seed,
    ...(fault?.createBroker && { createBroker: fault.createBroker }),
    ...(values.trace && { trace: console.log }),
  });
  if (result.violations.length === 0) continue;
  failures++;
  console.log(`seed ${seed} fails, with ${result.trouble || 'no trouble'}:`);
  for (const violation of result.violations.slice(0, 10)) console.log(`  ${violation}`);
  if (values.first || !result.isOver) break;
}
console.log(`${failures} of ${last - first + 1} seeds fail`);
process.exitCode = failures > 0 ? 1 : 0;

// Runs seeds of the simulation, in a separate process, and prints what is wrong with those that fail:
//   pnpm simulate 17 --trace
//   pnpm simulate 1-200
//   pnpm simulate 1-1000000 --minutes 60
//   pnpm simulate 1-500 --fault "leaving is not announced"
import { parseArgs } from 'node:util';
import { SeededEnvironment } from './seeded-environment.ts';
import { seededFaults } from './seeded-faults/seeded-faults.ts';
import { simulate } from './simulation.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    trace: { type: 'boolean' },
    /** Prints the digest of each seed. */
    digest: { type: 'boolean' },
    /** Stops at the first seed that finds it. */
    fault: { type: 'string' },
    minutes: { type: 'string', default: 'Infinity' },
  },
});
const [first = 1, last = first] = (positionals[0] ?? '1-50').split('-').map(Number);
const fault = seededFaults.find(({ name }) => name === values.fault);
if (values.fault !== undefined && fault === undefined) throw new RangeError(`No such fault: ${values.fault}`);

const { hrtime } = process;
const end = Number(hrtime.bigint() / 1_000_000n) + Number(values.minutes) * 60_000;
const isInTime = (): boolean => Number(hrtime.bigint() / 1_000_000n) < end;

const environment = new SeededEnvironment();
environment.install();
fault?.install?.();
let [runs, failures] = [0, 0];
for (let seed = first; seed <= last && isInTime(); seed++) {
  const { violations, trouble, digest, isOver } = await simulate({
    environment,
    seed,
    ...(fault?.createBroker && { createBroker: fault.createBroker }),
    ...(fault?.createServer && { createServer: fault.createServer }),
    ...(values.trace && { trace: console.log }),
  });
  runs++;
  if (values.digest) console.log(`seed ${seed}: ${digest}`);
  const wanted = fault === undefined ? violations : violations.filter((violation) => fault.finds.test(violation));
  if (wanted.length > 0) {
    failures++;
    console.log(`seed ${seed} fails, with ${trouble || 'no trouble'} (pnpm simulate ${seed} --trace):`);
    for (const violation of wanted.slice(0, 10)) console.log(`  ${violation}`);
  }
  if (!isOver || (fault !== undefined && failures > 0)) break;
}
console.log(`${failures} of ${runs} seeds fail`);
process.exitCode = failures > 0 ? 1 : 0;

import { brokerFaults } from './broker-faults.ts';
import { codeFaults } from './code-faults.ts';
import type { SeededFault } from './seeded-fault.ts';
import { serverFaults } from './server-faults.ts';

/** All of them. */
export const seededFaults: readonly SeededFault[] = [...brokerFaults, ...codeFaults, ...serverFaults];

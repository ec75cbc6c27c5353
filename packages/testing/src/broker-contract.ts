/**
 * The contract of brokers: the tests that every broker of `@turnout/topics` must pass, with any test runner.
 *
 * @example
 * ```ts
 * import { test } from 'node:test';
 * import { brokerContract } from '@turnout/testing/broker-contract';
 * import { connectMine } from './my-broker.ts';
 *
 * const broker = { name: 'mine', connect: () => connectMine('localhost:1234') };
 * for (const { name, run } of brokerContract(broker)) test(name, run);
 * ```
 *
 * @module
 */
export { brokerContract } from './broker/broker-contract.ts';
export type { BrokerUnderTest } from './broker/broker-under-test.ts';
export type { ContractCase, ContractOptions } from './contract/contract-case.ts';

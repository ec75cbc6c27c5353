/**
 * The contract of adapters: the tests that every adapter for a web framework must pass, with any test runner.
 *
 * @example
 * ```ts
 * import { test } from 'node:test';
 * import { adapterContract } from '@turnout/testing/adapter-contract';
 * import { myFramework } from './my-framework.ts';
 *
 * for (const { name, run } of adapterContract(myFramework)) test(name, run);
 * ```
 *
 * @module
 */
export { adapterContract } from './adapter/adapter-contract.ts';
export type {
  AdapterUnderTest,
  AppUnderTest,
  AppUnderTestOptions,
  Exchange,
  HandlerContext,
  Step,
  TestRoute,
  UserContext,
} from './adapter/adapter-under-test.ts';
export { createServer } from './adapter/create-server.ts';
export type { Answer, DialOptions, OpenClient } from './adapter/open-client.ts';
export { serveApp } from './adapter/serve-app.ts';
export type { ServedApp } from './adapter/serve-app.ts';
export { transports } from './adapter/transports.ts';
export type { Transport } from './adapter/transports.ts';
export type { ContractCase, ContractOptions } from './contract/contract-case.ts';

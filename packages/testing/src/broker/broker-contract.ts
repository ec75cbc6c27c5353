import { resolveOptions } from '@turnout/core/options';
import { contractOptions, type ContractCase, type ContractOptions } from '../contract/contract-case.ts';
import { runCase } from '../contract/run-case.ts';
import { BrokerStage, type BrokerCases } from './broker-stage.ts';
import type { BrokerUnderTest } from './broker-under-test.ts';
import { deliveryCases } from './cases/delivery.ts';
import { historyCases } from './cases/history.ts';
import { interfaceCases } from './cases/interface.ts';
import { longHistoryCases } from './cases/long-history.ts';
import { nameCases } from './cases/names.ts';
import { presenceCases } from './cases/presence.ts';

const cases: BrokerCases = {
  ...deliveryCases,
  ...nameCases,
  ...historyCases,
  ...longHistoryCases,
  ...presenceCases,
  ...interfaceCases,
};

/**
 * The tests that every broker must pass: delivery, histories and presence, over up to three nodes.
 *
 * Cases have their own topics, so that they can run against a server that is in use, sequentially or concurrently.
 *
 * @throws {TypeError | RangeError} on a wrong option
 */
export function brokerContract(broker: BrokerUnderTest, options?: ContractOptions): ContractCase[] {
  const { timeout } = resolveOptions(contractOptions, options);
  return Object.entries(cases).map(([title, run]) => ({
    name: `${broker.name}: ${title}`,
    run: () => runCase(timeout, (context) => run(new BrokerStage(broker, context))),
  }));
}

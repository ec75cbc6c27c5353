import { resolveOptions } from '@turnout/core/options';
import { contractOptions, type ContractCase, type ContractOptions } from '../contract/contract-case.ts';
import { runCase } from '../contract/run-case.ts';
import type { AdapterUnderTest } from './adapter-under-test.ts';
import { casesFor } from './cases-for.ts';
import { Stage } from './stage.ts';
import { transports, type Transport } from './transports.ts';

/**
 * The tests that every adapter for a web framework must pass, over HTTP/1.1 and HTTP/2, each with and without TLS.
 *
 * Each case serves its own apps on free ports of 127.0.0.1, and leaves nothing behind. Cases may run concurrently.
 *
 * @throws {TypeError | RangeError} on a wrong option
 */
export function adapterContract(adapter: AdapterUnderTest, options?: ContractOptions): ContractCase[] {
  const { timeout } = resolveOptions(contractOptions, options);
  return Object.entries<Transport>(transports)
    .filter(([, { version }]) => version === 1 || adapter.speaksHttp2)
    .flatMap(([transportName, transport]) =>
      Object.entries(casesFor(adapter, transport)).map(([title, run]) => ({
        name: `${adapter.name} over ${transportName}: ${title}`,
        run: () => runCase(timeout, (context) => run(new Stage(adapter, transport, context))),
      })),
    );
}

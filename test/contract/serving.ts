import { serveApp, type ServedApp, type Transport } from '@turnout/testing/adapter-contract';
import { onTestFinished } from 'vitest';
import type { ContractApp, CreateOptions, Framework } from './framework.ts';

export type Serving = ServedApp<ContractApp>;

/** An app that serves until the test ends. */
export async function serve(
  framework: Framework,
  transport: Transport,
  setUp: (app: ContractApp) => void,
  options: Omit<CreateOptions, 'onError'> = {},
): Promise<Serving> {
  const served = await serveApp(framework, transport, setUp, options);
  onTestFinished(served.stop);
  return served;
}

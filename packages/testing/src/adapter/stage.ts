import type { CaseContext } from '../contract/contract-case.ts';
import type { AdapterUnderTest, AppUnderTest, AppUnderTestOptions } from './adapter-under-test.ts';
import { serveApp, type ServedApp } from './serve-app.ts';
import type { Transport } from './transports.ts';

/** What a case of the adapter suite works with. */
export class Stage {
  readonly adapter: AdapterUnderTest;
  readonly transport: Transport;
  readonly #context: CaseContext;

  constructor(adapter: AdapterUnderTest, transport: Transport, context: CaseContext) {
    this.adapter = adapter;
    this.transport = transport;
    this.#context = context;
  }

  /** Serves an app until the case ends. */
  async serve(
    setUp: (app: AppUnderTest) => void,
    options: Omit<AppUnderTestOptions, 'onError'> = {},
  ): Promise<ServedApp> {
    const served = await serveApp(this.adapter, this.transport, setUp, options);
    this.onEnd(served.stop);
    return served;
  }

  /** Resolves once `probe()` returns something equal to `expected`. */
  eventually(probe: () => unknown, expected: unknown): Promise<void> {
    return this.#context.deadline.eventually(probe, expected);
  }

  onEnd(cleanup: () => unknown): void {
    this.#context.onEnd(cleanup);
  }
}

export type StageCase = (stage: Stage) => Promise<void>;

/** Cases by their names, which are sentences. */
export type StageCases = Readonly<Record<string, StageCase>>;

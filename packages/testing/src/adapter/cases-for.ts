import type { AdapterUnderTest } from './adapter-under-test.ts';
import { fileCases } from './cases/files.ts';
import { http1Cases } from './cases/http1.ts';
import { http2Cases } from './cases/http2.ts';
import { limitCases, proxyCases } from './cases/limits.ts';
import { originCases } from './cases/origins.ts';
import { refusalCases } from './cases/refusals.ts';
import { routeCases } from './cases/routes.ts';
import { socketCases } from './cases/sockets.ts';
import type { StageCases } from './stage.ts';
import type { Transport } from './transports.ts';

/** The cases that apply to an adapter over a transport. */
export function casesFor({ knowsProxies }: AdapterUnderTest, { version, tls }: Transport): StageCases {
  return {
    ...routeCases,
    ...fileCases,
    ...refusalCases,
    ...limitCases,
    ...originCases,
    ...socketCases,
    ...(knowsProxies && proxyCases),
    ...(version === 2 && http2Cases),
    ...(version === 1 && tls === undefined && http1Cases),
  };
}

import { acceptOptions } from '../../packages/core/src/socket/accept.ts';
import { connectOptions } from '../../packages/core/src/socket/connect.ts';
import { deflateOptions, zlibOptions } from '../../packages/core/src/deflate/deflate-settings.ts';
import { limitOptions } from '../../packages/core/src/limits.ts';
import { messageRateOptions } from '../../packages/core/src/socket/message-rate.ts';
import { natsOptions } from '../../packages/brokers/nats/src/nats-options.ts';
import { redisOptions } from '../../packages/brokers/redis/src/redis-options.ts';
import { definitionOptions } from '../../packages/messages/src/definition.ts';
import { appLimitOptions } from '../../packages/server/src/options/app-limits.ts';
import { appOptions } from '../../packages/server/src/options/app-options.ts';
import { rateOptions } from '../../packages/server/src/options/message-rates.ts';
import { routeOptions } from '../../packages/server/src/options/route-options.ts';
import { routerOptions } from '../../packages/router/src/routes/create-router.ts';
import { closeOptions } from '../../packages/server/src/server/close-options.ts';
import { historyOptions, presenceOptions, topicOptions } from '../../packages/topics/src/delivery/topic-options.ts';
import { stateOptions } from '../../packages/topics/src/state/state-options.ts';
import { hubOptions } from '../../packages/topics/src/hub-options.ts';
import type { DeclaredOptions } from '../../tools/option-rows.ts';

/** Declarations without the limits, which have a separate table. */
function withoutLimits(declared: DeclaredOptions): DeclaredOptions {
  return withoutThose({ ...limitOptions, ...appLimitOptions }, declared);
}

/** Declarations without those that another README has. */
function withoutThose(others: DeclaredOptions, declared: DeclaredOptions): DeclaredOptions {
  return Object.fromEntries(Object.entries(declared).filter(([name]) => !Object.hasOwn(others, name)));
}

/** The rows of READMEs, and their declarations. */
export const declaredOptions: readonly { readme: string; mark: string; declared: DeclaredOptions }[] = [
  { readme: 'packages/core/README.md', mark: 'accept', declared: withoutLimits(acceptOptions) },
  { readme: 'packages/core/README.md', mark: 'connect', declared: withoutLimits(connectOptions) },
  { readme: 'packages/core/README.md', mark: 'perMessageDeflate', declared: { ...deflateOptions, ...zlibOptions } },
  { readme: 'packages/core/README.md', mark: 'MessageRate', declared: messageRateOptions },
  { readme: 'packages/server/README.md', mark: 'app', declared: withoutLimits({ ...appOptions, ...rateOptions }) },
  { readme: 'packages/server/README.md', mark: 'route', declared: withoutLimits(routeOptions) },
  { readme: 'packages/server/README.md', mark: 'close', declared: closeOptions },
  { readme: 'packages/router/README.md', mark: 'createRouter', declared: withoutThose(appOptions, routerOptions) },
  { readme: 'packages/topics/README.md', mark: 'createHub', declared: hubOptions },
  {
    readme: 'packages/topics/README.md',
    mark: 'topic',
    declared: { ...topicOptions, ...historyOptions, ...presenceOptions },
  },
  { readme: 'packages/topics/README.md', mark: 'state', declared: stateOptions },
  { readme: 'packages/brokers/redis/README.md', mark: 'connectRedis', declared: redisOptions },
  { readme: 'packages/brokers/nats/README.md', mark: 'connectNats', declared: natsOptions },
  { readme: 'packages/messages/README.md', mark: 'defineMessages', declared: definitionOptions },
];

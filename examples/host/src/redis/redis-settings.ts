export interface SentinelAddress {
  readonly host: string;
  readonly port: number;
}

/** The address of Redis, and how safe a write must be before it counts. */
export type RedisSettings = {
  /** How many replicas must have a write before it counts. */
  readonly replicas: number;
} & (
  | { readonly url: string }
  | {
      /** Sentinel's name for the master. */
      readonly master: string;
      readonly sentinels: readonly SentinelAddress[];
    }
);

const sentinelPort = 26_379;

/**
 * Reads `REDIS_URL`, or `REDIS_SENTINELS` and `REDIS_MASTER`; and `REDIS_REPLICAS`.
 *
 * @returns undefined if Redis is not used
 * @throws {Error} that names an invalid value
 */
export function redisSettings(environment: NodeJS.ProcessEnv): RedisSettings | undefined {
  const { REDIS_URL: url, REDIS_SENTINELS: sentinels, REDIS_MASTER: master = 'mymaster' } = environment;
  if (url && sentinels) throw new Error('Expected REDIS_URL or REDIS_SENTINELS, received both');
  if (sentinels) {
    return { master, sentinels: sentinels.split(',').map(readAddress), replicas: readReplicas(environment, 1) };
  }
  return url ? { url, replicas: readReplicas(environment, 0) } : undefined;
}

function readAddress(text: string): SentinelAddress {
  const [, host, port] = /^\s*([^\s:]+|\[[^\s\]]+\])(?::(\d{1,5}))?\s*$/.exec(text) ?? [];
  if (host === undefined) throw new Error(`Expected REDIS_SENTINELS to be HOST:PORT,HOST:PORT…, received ${text}`);
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port ?? sentinelPort) };
}

function readReplicas({ REDIS_REPLICAS: text }: NodeJS.ProcessEnv, byDefault: number): number {
  if (!text) return byDefault;
  if (!/^\d$/.test(text)) throw new Error(`Expected REDIS_REPLICAS to be a number from 0 to 9, received ${text}`);
  return Number(text);
}

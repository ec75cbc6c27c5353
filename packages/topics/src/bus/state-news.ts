/** A change of a state, as nodes tell each other. */
export type StateNews =
  | { readonly type: 'set'; readonly key: string; /** JSON. */ readonly value: string; readonly version?: number }
  | { readonly type: 'delete'; readonly key: string; readonly version?: number }
  /** The application's own store may have changes that nobody has told: read it again. */
  | { readonly type: 'reload' };

/** The version that the application gives a change; undefined without one. */
export function versionOf(news: StateNews): number | undefined {
  return news.type === 'reload' ? undefined : news.version;
}

export function encodeStateNews(news: StateNews): string {
  if (news.type === 'reload') return '{"reload":true}';
  const key = JSON.stringify(news.key);
  const version = news.version === undefined ? '' : `,"version":${news.version}`;
  return news.type === 'set' ? `{"set":${key},"value":${news.value}${version}}` : `{"delete":${key}${version}}`;
}

/** @throws {TypeError} on anything else */
export function decodeStateNews(data: string | Buffer): StateNews {
  const { set, delete: deleted, value, version, reload } = parse(data);
  const numbered = typeof version === 'number' ? { version } : {};
  if (typeof set === 'string' && value !== undefined) {
    return { type: 'set', key: set, value: JSON.stringify(value), ...numbered };
  }
  if (typeof deleted === 'string') return { type: 'delete', key: deleted, ...numbered };
  if (reload === true) return { type: 'reload' };
  throw new TypeError('Invalid change of a state');
}

function parse(data: string | Buffer): Record<string, unknown> {
  try {
    return Object(JSON.parse(String(data))) as Record<string, unknown>;
  } catch {
    return {};
  }
}

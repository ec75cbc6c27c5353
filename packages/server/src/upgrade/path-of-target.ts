/** The path of a request target in origin form or absolute form (RFC 9112 §3.2), without its query. */
export function pathOfTarget(target: string): string {
  const path = target.startsWith('/')
    ? target
    : target.slice(Math.max(target.indexOf('/', target.indexOf('://') + 3), 0));
  const queryStart = path.indexOf('?');
  return queryStart === -1 ? path : path.slice(0, queryStart);
}

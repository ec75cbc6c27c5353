import type { IncomingMessage } from 'node:http';

/** The path of a request target in origin form or absolute form (RFC 9112 §3.2), without its query. */
export function pathOfTarget(target: string): string {
  const path = target.startsWith('/')
    ? target
    : target.slice(Math.max(target.indexOf('/', target.indexOf('://') + 3), 0));
  const queryStart = path.indexOf('?');
  return queryStart === -1 ? path : path.slice(0, queryStart);
}

/** The target of a request that a server received: Node.js declares it optional for the responses of clients alone. */
export function targetOf(request: Pick<IncomingMessage, 'url'>): string {
  return request.url as string;
}

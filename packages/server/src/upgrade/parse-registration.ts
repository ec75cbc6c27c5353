import type { RouteOptions } from '../options/route-options.ts';
import type { SocketHandler } from './open-socket.ts';

/** The parameters of `ws()` after the path. */
export interface Registration {
  readonly options: RouteOptions;
  readonly middleware: readonly unknown[];
  readonly handler: SocketHandler;
}

/** Parses the parameters of `ws()`: `path, options?, ...middleware, handler`. @throws {TypeError} on an invalid one */
export function parseRegistration(path: unknown, rest: readonly unknown[]): Registration {
  const [first] = rest;
  const hasOptions = typeof first === 'object' && first !== null && !Array.isArray(first);
  const options = hasOptions ? (first as RouteOptions) : {};
  const functions = (hasOptions ? rest.slice(1) : rest).flat(Infinity);
  const handler = functions.at(-1);
  const wrong = functions.find((entry) => typeof entry !== 'function');
  if (functions.length === 0 || wrong !== undefined || typeof handler !== 'function') {
    const got = functions.length === 0 ? 'none' : typeof wrong;
    throw new TypeError(`Invalid handler of WebSocket route ${String(path)}: expected a function, got ${got}`);
  }
  return { options, middleware: functions.slice(0, -1), handler: handler as SocketHandler };
}

import { pathOfTarget } from '@turnout/server/adapter';

/** The used part of a layer of pillarjs/router, the router inside Express. */
interface LayerLike {
  readonly route?: object | undefined;
  readonly handle: object;
  /** Before version 2.3 the match was `true`, and its path a property of the layer. */
  readonly path?: string | undefined;
  match(path: string): boolean | { readonly path: string };
}

/** The routes that `ws()` created. */
const webSocketRoutes = new WeakSet<object>();

/** The routes of mounted apps, which are not visible from outside, by the function of their layer. */
const mountedStacks = new WeakMap<object, () => readonly unknown[]>();

export function noteWebSocketRoute(route: object): void {
  webSocketRoutes.add(route);
}

/** Exposes the routes of a mounted app; `handle` is the function that its parent calls. */
export function noteMountedApp(handle: object, stack: () => readonly unknown[]): void {
  mountedStacks.set(handle, stack);
}

/**
 * Whether any WebSocket route below `stack` matches the path of a request target. No middleware runs: a route that
 * middleware would block counts, and one that is reached only through a function does not.
 */
export function claimsTarget(stack: readonly unknown[], target: string): boolean {
  return claimsPath(stack, pathOfTarget(target));
}

function claimsPath(stack: readonly unknown[], path: string): boolean {
  return (stack as readonly LayerLike[]).some((layer) => claims(layer, path));
}

function claims(layer: LayerLike, path: string): boolean {
  const inner = stackOf(layer.handle);
  if (layer.route === undefined ? inner === undefined : !webSocketRoutes.has(layer.route)) return false;
  try {
    const match = layer.match(path);
    if (match === false || inner === undefined) return match !== false;
    const { path: matched = '' } = match === true ? layer : match;
    const rest = path.slice(matched.length);
    return claimsPath(inner, rest.startsWith('/') ? rest : `/${rest}`);
  } catch {
    // A malformed escape in a parameter: the router answers 400.
    return true;
  }
}

/** The layers of the router inside a layer. */
export function stackOf(handle: object): readonly unknown[] | undefined {
  if ('stack' in handle && Array.isArray(handle.stack)) return handle.stack as readonly unknown[];
  return mountedStacks.get(handle)?.();
}

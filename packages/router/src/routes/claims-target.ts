import { pathOfTarget } from '../upgrade/path-of-target.ts';

/** What is looked at of a layer of pillarjs/router, the router inside Express. */
interface LayerLike {
  readonly route?: object | undefined;
  readonly handle: object;
  /** Before version 2.3 the match was `true`, and its path a property of the layer. */
  readonly path?: string | undefined;
  match(path: string): boolean | { readonly path: string };
}

/** The routes that `ws()` made. */
const webSocketRoutes = new WeakSet<object>();

/** Layers that hand over to a mounted app, whose routes cannot be seen from outside, and where those are. */
const mountedStacks = new WeakMap<object, () => readonly unknown[]>();

export function noteWebSocketRoute(route: object): void {
  webSocketRoutes.add(route);
}

/** Makes the routes of a mounted app visible: `handle` is the function that its parent calls. */
export function noteMountedApp(handle: object, stack: () => readonly unknown[]): void {
  mountedStacks.set(handle, stack);
}

/**
 * Whether any WebSocket route below `stack` matches the path of a request target. No middleware runs for it, so a
 * route that middleware would keep from being reached counts, and one that only middleware leads to does not.
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
    const rest = path.slice((match === true ? layer.path! : match.path).length);
    return claimsPath(inner, rest.startsWith('/') ? rest : `/${rest}`);
  } catch {
    // A malformed escape in a parameter: the router answers 400.
    return true;
  }
}

/** The layers of the router that a layer hands over to. */
export function stackOf(handle: object): readonly unknown[] | undefined {
  if ('stack' in handle && Array.isArray(handle.stack)) return handle.stack as readonly unknown[];
  return mountedStacks.get(handle)?.();
}

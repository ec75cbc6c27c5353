/** Carries text between the nodes of an app; a hub of `@turnout/topics` is one. */
export interface NodeHub {
  /**
   * @param listener called with each text that any node sends under this name
   * @param onGap called when text is missing on this node and will not arrive
   * @returns a function that sends to all nodes; it resolves with `false` if the others were not reached
   */
  link(name: string, listener: (text: string) => void, onGap: () => void): (text: string) => Promise<boolean>;
}

/** @throws {TypeError} on a `hub` option without `link()` */
export function assertNodeHub(hub: unknown): void {
  if (hub === undefined || isNodeHub(hub)) return;
  const got = hub === null ? 'null' : typeof hub === 'object' ? 'an object without link()' : typeof hub;
  throw new TypeError(
    `Invalid option hub: expected a hub, as createHub() of @turnout/topics makes it, got ${got}; leave it out on a single node`,
  );
}

function isNodeHub(value: unknown): value is NodeHub {
  // A string has a method `link` too.
  return typeof value === 'object' && value !== null && 'link' in value && typeof value.link === 'function';
}

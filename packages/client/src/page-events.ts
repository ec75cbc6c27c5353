/** In ms. How often the clock is checked, and the jump from which on the machine must have slept. */
const tick = 2_000;
const jump = 10_000;

/** What a page has; Node.js has only some of it. */
export const page = globalThis as unknown as {
  addEventListener?(type: string, listener: (event: Event) => void, capture: boolean): void;
  removeEventListener?(type: string, listener: (event: Event) => void, capture: boolean): void;
  /** The base of relative addresses. */
  readonly location?: { readonly href: string };
  /**
   * `onLine` is only a hint: it is wrong when the server is on the same machine.
   */
  readonly navigator?: { readonly onLine?: boolean };
  readonly document?: { readonly hidden: boolean };
};

const types = ['offline', 'online', 'pageshow', 'visibilitychange', 'resume'];

/**
 * Watches the browser's network state, the page's visibility, and the clock.
 *
 * @param on called with `offline`, or with `woke` when the page or the machine woke or the network returned
 * @returns a function that stops watching
 */
export function watchPage(on: (what: 'offline' | 'woke') => void): () => void {
  const hear = ({ type }: { readonly type: string }): void => {
    if (type === 'offline') on(type);
    else if (type === 'online' || !page.document?.hidden) on('woke');
  };
  let last = Date.now();
  const timer = setInterval(() => {
    const passed = Date.now() - last;
    last += passed;
    // Timers of hidden pages run late even without sleep.
    if (passed > jump) hear({ type: 'resume' });
  }, tick);
  // The capture phase catches events of the document even if they do not bubble.
  for (const type of types) page.addEventListener?.(type, hear, true);
  return () => {
    clearInterval(timer);
    for (const type of types) page.removeEventListener?.(type, hear, true);
  };
}

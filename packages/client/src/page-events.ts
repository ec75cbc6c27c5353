/** In ms. How often the clock is looked at, and how far it has jumped if the machine slept. */
const tick = 2_000;
const jump = 10_000;

/** What a page has, and Node.js does not, or not all of it. */
export const page = globalThis as unknown as {
  addEventListener?(type: string, listener: (event: Event) => void, capture: boolean): void;
  removeEventListener?(type: string, listener: (event: Event) => void, capture: boolean): void;
  /** What relative addresses are relative to. */
  readonly location?: { readonly href: string };
  /**
   * `onLine` is what the browser believes: wrong on machines that only talk to themselves, so it is no more than a
   * hint.
   */
  readonly navigator?: { readonly onLine?: boolean };
  readonly document?: { readonly hidden: boolean };
};

const types = ['offline', 'online', 'pageshow', 'visibilitychange', 'resume'];

/**
 * Listens to what a browser knows of the network, and of who looks at the page, and to the clock.
 *
 * @param on told `offline`, or `woke` when the page or the machine did or the network came back
 * @returns what ends it
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
    // Timers of hidden pages run late without any sleep.
    if (passed > jump) hear({ type: 'resume' });
  }, tick);
  // Those of the document are heard on their way to it, whether they bubble or not.
  for (const type of types) page.addEventListener?.(type, hear, true);
  return () => {
    clearInterval(timer);
    for (const type of types) page.removeEventListener?.(type, hear, true);
  };
}

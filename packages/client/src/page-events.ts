interface Listened {
  addEventListener?(type: string, listener: (event: Event) => void, options: { signal: AbortSignal }): void;
}

/** What a page has, and Node.js does not, or not all of it. */
export const page = globalThis as unknown as Listened & {
  /** What relative addresses are relative to. */
  readonly location?: { readonly href: string };
  /**
   * `onLine` is what the browser believes: wrong on machines that only talk to themselves, so it is no more than a
   * hint.
   */
  readonly navigator?: { readonly onLine?: boolean };
  readonly document?: Listened & { readonly hidden: boolean };
};

/** In ms. How often the clock is looked at, and how far it has jumped if the machine slept. */
const tick = 2_000;
const jump = 10_000;

/**
 * Listens to what a browser knows of the network, and of who looks at the page, and to the clock: until `signal` is
 * aborted.
 *
 * @param on told `offline`, or `woke` when the page or the machine did or the network came back
 */
export function watchPage(signal: AbortSignal, on: (what: 'offline' | 'woke') => void): void {
  const { document } = page;
  const woke = (): void => {
    if (!document?.hidden) on('woke');
  };
  const options = { signal };
  page.addEventListener?.('offline', () => on('offline'), options);
  page.addEventListener?.('online', () => on('woke'), options);
  page.addEventListener?.('pageshow', woke, options);
  for (const type of ['visibilitychange', 'resume']) document?.addEventListener?.(type, woke, options);
  let last = Date.now();
  const timer = setInterval(() => {
    const passed = Date.now() - last;
    last += passed;
    // Timers of hidden pages run late without any sleep.
    if (passed > jump) woke();
  }, tick);
  signal.addEventListener('abort', () => clearInterval(timer));
}

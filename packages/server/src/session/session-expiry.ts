import { longestDelay } from '@turnout/core/options';
import type { SessionRequest } from './session-request.ts';
import type { SessionWatch } from './session-watch.ts';

/**
 * Ends the watch of a session when the session expires: at the time in its cookie, unless the store then has a later
 * one. A session without such a time does not expire here.
 */
export class SessionExpiry {
  readonly #watch: SessionWatch;
  #timer: NodeJS.Timeout | undefined;
  #isReleased = false;

  constructor({ session }: SessionRequest, watch: SessionWatch) {
    this.#watch = watch;
    this.#schedule(expiryOf(session));
  }

  /** Stops waiting. */
  release(): void {
    this.#isReleased = true;
    clearTimeout(this.#timer);
  }

  #schedule(expires: number | undefined): void {
    if (expires === undefined || this.#isReleased) return;
    const delay = Math.min(Math.max(expires - Date.now(), 0), longestDelay);
    this.#timer = setTimeout(() => {
      if (Date.now() < expires) this.#schedule(expires);
      else void this.#check();
    }, delay);
  }

  async #check(): Promise<void> {
    // If the store cannot answer, the session counts as expired.
    const session = await this.#watch.load().catch(() => null);
    const expires = expiryOf(session);
    const isOver = !session || (expires !== undefined && expires <= Date.now());
    if (!isOver) this.#schedule(expires);
    else if (!this.#isReleased) this.#watch.end();
  }
}

/** When a session expires, in ms since 1970, from the `cookie` that `express-session` keeps in it. */
function expiryOf(session: object | null | undefined): number | undefined {
  const { cookie } = (session ?? {}) as { readonly cookie?: { readonly expires?: unknown } | null };
  const expires = cookie?.expires;
  if (!(expires instanceof Date) && typeof expires !== 'string') return undefined;
  const time = new Date(expires).getTime();
  return Number.isNaN(time) ? undefined : time;
}

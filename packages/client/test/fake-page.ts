import { vi } from 'vitest';

/** What a browser has and Node.js does not: stubbed until `vi.unstubAllGlobals()`. */
export class FakePage {
  readonly window = new EventTarget();
  readonly document = { hidden: false };

  constructor(href = 'http://page.example/') {
    vi.stubGlobal('addEventListener', this.window.addEventListener.bind(this.window));
    vi.stubGlobal('removeEventListener', this.window.removeEventListener.bind(this.window));
    vi.stubGlobal('document', this.document);
    vi.stubGlobal('location', { href });
    vi.stubGlobal('navigator', { onLine: true });
  }

  goOffline(): void {
    vi.stubGlobal('navigator', { onLine: false });
    this.window.dispatchEvent(new Event('offline'));
  }

  goOnline(): void {
    vi.stubGlobal('navigator', { onLine: true });
    this.window.dispatchEvent(new Event('online'));
  }

  /** Events of a document reach its window first. */
  show(): void {
    this.window.dispatchEvent(new Event('visibilitychange'));
  }
}

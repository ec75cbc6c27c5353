/** How long to wait before the next try, in ms: longer each time, and never the same for two pages. */
const firstDelay = 300;
const longestDelay = 10_000;

/** Code of Turnout for a session that has ended (IANA: Unauthorized). */
const sessionEnded = 3000;

/**
 * A WebSocket that comes back by itself. `address()` gives its path each time, so that it can tell where to go on.
 *
 * `onState` is told `connecting`, `open` or `closed`, `onMessage` each message, `onSignedOut` that there is no session
 * any more: then it does not come back. Where `onClosed` is there and returns true, it does not either.
 */
export class Connection {
  #address;
  #handlers;
  #socket;
  #timer;
  #failures = 0;

  constructor(address, handlers) {
    this.#address = address;
    this.#handlers = handlers;
    // The browser knows that the network has gone long before TCP does.
    addEventListener('offline', () => this.#drop());
    addEventListener('online', () => this.#hurry());
    document.addEventListener('visibilitychange', () => this.#hurry());
    this.#connect();
  }

  /** Returns whether the connection took the text: what is sent while there is none is lost. */
  send(text) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(text);
    return true;
  }

  /** Ends the connection for good: nothing of it is handed on any more. */
  close() {
    const socket = this.#socket;
    this.#socket = undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    socket?.close(1000);
  }

  #connect() {
    this.#handlers.onState('connecting', this.#failures === 0 ? 'Connecting…' : 'Reconnecting…');
    const socket = new WebSocket(location.origin.replace(/^http/, 'ws') + this.#address());
    this.#socket = socket;
    socket.addEventListener('open', () => {
      if (socket !== this.#socket) return;
      this.#failures = 0;
      this.#handlers.onState('open', 'Connected');
    });
    socket.addEventListener('message', ({ data }) => {
      if (socket === this.#socket) this.#handlers.onMessage(JSON.parse(data));
    });
    socket.addEventListener('close', ({ code }) => {
      if (socket !== this.#socket) return;
      if (code === sessionEnded) this.#handlers.onSignedOut();
      else if (!this.#handlers.onClosed?.(code)) this.#retryLater();
    });
  }

  /** Gives a socket up without waiting for the other side, which may take minutes to be missed. */
  #drop() {
    const socket = this.#socket;
    if (socket === undefined) return;
    this.#retryLater();
    socket.close();
  }

  #retryLater() {
    this.#socket = undefined;
    this.#failures += 1;
    this.#handlers.onState('closed', navigator.onLine ? 'Connection lost. Reconnecting…' : 'You are offline');
    const longest = Math.min(longestDelay, firstDelay * 2 ** this.#failures);
    this.#timer = setTimeout(() => void this.#retry(), Math.random() * longest);
  }

  #hurry() {
    if (this.#timer === undefined || document.hidden) return;
    clearTimeout(this.#timer);
    void this.#retry();
  }

  /** A page is not told why its WebSocket was refused. Whether the session has ended, another request can find out. */
  async #retry() {
    this.#timer = undefined;
    try {
      const { type } = await fetch(location.pathname, { method: 'HEAD', redirect: 'manual' });
      if (type === 'opaqueredirect') return this.#handlers.onSignedOut();
    } catch {
      // The server is away: the WebSocket will find out when it is back.
    }
    return this.#connect();
  }
}

import { prepareMessage, type PreparedMessage, type WebSocket } from '@turnout/express';
import { CatchUp } from './catch-up.ts';
import { explain, type HostError } from './host-error.ts';
import type { Host, Log } from './log-store.ts';
import { firstLines, RemoteTail } from './remote-tail.ts';
import type { SshSettings } from './ssh-login.ts';

interface Viewer {
  readonly socket: WebSocket;
  /** Whether it has more unsent lines than it reads. */
  isBehind: boolean;
  /** Lines that were skipped for it, because others must not wait. */
  skipped: number;
}

export interface SharedTailOptions {
  readonly host: Host;
  readonly log: Log;
  readonly ssh: SshSettings;
  /** How long, in ms, to wait before the first reconnection to a lost host. Each wait is twice the previous one. */
  readonly firstDelay: number;
  /** Called at its end: the last viewer has left, or the log cannot be read. */
  readonly onEnd: () => void;
}

const longestDelay = 30_000;

/**
 * One log and all its viewers, with one `tail` on the host.
 *
 * While all viewers are behind, the host is held back: nothing is lost, and memory does not grow. A viewer that is
 * behind while others keep up learns how many lines it missed.
 */
export class SharedTail {
  readonly #options: SharedTailOptions;
  readonly #viewers = new Set<Viewer>();
  /** The last lines, for later viewers. */
  #recent: string[] = [];
  #tail: RemoteTail | undefined;
  /** Set while the lines of a new connection are compared with those already shown. */
  #catchUp: CatchUp | null = null;
  #isPaused = false;
  #isEnded = false;
  /** The current state, for later viewers; `undefined` before the first viewer. */
  #lastNotice: PreparedMessage | undefined;
  #delay: number;
  #retry: NodeJS.Timeout | undefined;

  constructor(options: SharedTailOptions) {
    this.#options = options;
    this.#delay = options.firstDelay;
  }

  /** Sends a socket the last lines and then each new one, until it closes. */
  follow(socket: WebSocket): void {
    const viewer: Viewer = { socket, isBehind: false, skipped: 0 };
    this.#viewers.add(viewer);
    socket.on('drain', () => this.#onDrain(viewer));
    socket.on('close', () => this.#onLeft(viewer));
    if (this.#lastNotice === undefined) void this.#connect([]);
    else socket.send(this.#lastNotice);
    if (this.#recent.length > 0) this.#send(viewer, linesMessage(this.#recent));
  }

  /** Notifies all viewers why it cannot be read, and ends. */
  fail(reason: string): void {
    if (this.#isEnded) return;
    this.#notice(reason, 'error');
    for (const { socket } of this.#viewers) socket.close(1000, 'failed');
    this.end();
  }

  /** Ends the remote `tail`. */
  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#catchUp?.stop();
    clearTimeout(this.#retry);
    this.#tail?.end();
    this.#options.onEnd();
  }

  /** @param known the lines shown before, after a reconnect */
  async #connect(known: readonly string[]): Promise<void> {
    const { host, log, ssh } = this.#options;
    this.#catchUp = known.length > 0 ? new CatchUp(known, (...missed) => this.#goOn(...missed)) : null;
    try {
      this.#notice(`Connecting to ${host.name} …`);
      const tail = await RemoteTail.start(host, log, ssh, {
        onLines: (lines) => (this.#catchUp ? this.#catchUp.push(lines) : this.#tell(lines)),
        onNotice: (text) => this.#notice(text),
        onEnd: () => this.#onLost(`The connection to ${host.name} has gone`),
      });
      if (this.#isEnded) return tail.end();
      this.#tail = tail;
      this.#delay = this.#options.firstDelay;
      this.#notice(`Following ${log.path} on ${host.name}`);
      if (this.#isPaused) tail.pause();
    } catch (error) {
      this.#onFailed(explain(host, error as NodeJS.ErrnoException));
    }
  }

  #goOn(missed: readonly string[], isGapless: boolean): void {
    this.#catchUp = null;
    if (!isGapless) this.#notice('Some lines that were written meanwhile may be missing');
    if (missed.length > 0) this.#tell(missed);
  }

  #onFailed(error: HostError): void {
    if (this.#isEnded) return;
    if (error.detail !== undefined) console.error(error.detail);
    if (error.isFinal) this.fail(error.message);
    else this.#onLost(error.message);
  }

  #onLost(reason: string): void {
    this.#tail = undefined;
    this.#catchUp?.stop();
    if (this.#isEnded) return;
    const delay = this.#delay;
    this.#notice(`${reason}. Trying again in ${Math.ceil(delay / 1000)} s`, 'error');
    this.#delay = Math.min(delay * 2, longestDelay);
    this.#retry = setTimeout(() => void this.#connect(this.#recent), delay);
  }

  #tell(lines: readonly string[]): void {
    this.#recent = [...this.#recent, ...lines].slice(-firstLines);
    const message = linesMessage(lines);
    for (const viewer of this.#viewers) {
      if (viewer.isBehind) viewer.skipped += lines.length;
      else this.#send(viewer, message);
    }
    this.#setPace();
  }

  #notice(text: string, level: 'note' | 'error' = 'note'): void {
    const message = prepareMessage(JSON.stringify({ type: 'notice', data: { text, level } }));
    this.#lastNotice = message;
    for (const { socket } of this.#viewers) socket.send(message);
  }

  #onDrain(viewer: Viewer): void {
    viewer.isBehind = false;
    const { skipped } = viewer;
    viewer.skipped = 0;
    if (skipped > 0) this.#send(viewer, prepareMessage(JSON.stringify({ type: 'skipped', data: skipped })));
    this.#setPace();
  }

  #onLeft(viewer: Viewer): void {
    this.#viewers.delete(viewer);
    if (this.#viewers.size === 0) this.end();
    else this.#setPace();
  }

  #send(viewer: Viewer, message: PreparedMessage): void {
    if (!viewer.socket.send(message)) viewer.isBehind = true;
  }

  /** Holds the host back while no viewer keeps up. */
  #setPace(): void {
    const isPaused = [...this.#viewers].every(({ isBehind }) => isBehind);
    if (isPaused === this.#isPaused) return;
    this.#isPaused = isPaused;
    if (isPaused) this.#tail?.pause();
    else this.#tail?.resume();
  }
}

function linesMessage(lines: readonly string[]): PreparedMessage {
  return prepareMessage(JSON.stringify({ type: 'lines', data: lines }));
}

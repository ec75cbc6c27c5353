import type { IncomingMessage, OutgoingHttpHeader, ServerResponse } from 'node:http';
import { aliasOfFile, isFolderRedirect } from '../upgrade/file-answer.ts';

type Method = (...args: unknown[]) => unknown;

/** A request inside a router: `url` is the target without the prefixes of the routers. */
interface RoutedRequest extends IncomingMessage {
  readonly originalUrl: string;
}

/**
 * Methods that begin a response, besides `writeHead()`; hooks call `_implicitHeader()`, and `sendFile()` is Express's.
 */
const beginnings = ['write', 'end', 'flushHeaders', '_implicitHeader', 'sendFile'] as const;

/**
 * Watches how middleware begins to answer an upgrade: if the answer is the file at the path, or a redirect to a folder
 * there, it is undone before a byte is sent.
 */
export class AnswerTrial {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #onFile: (alias: string | undefined) => void;
  readonly #status: number;
  readonly #headers: Record<string, OutgoingHttpHeader | undefined>;
  #isOver = false;
  /** A head that is held back until it is known what follows. */
  #head: { readonly write: Method; readonly args: unknown[] } | undefined;
  readonly #restore: (() => void)[] = [];

  /**
   * @param onFile called when the answer is undone and the response is as before: with another target of the file, or
   *   `undefined` for a folder
   */
  constructor(request: IncomingMessage, response: ServerResponse, onFile: (alias: string | undefined) => void) {
    this.#request = request;
    this.#response = response;
    this.#onFile = onFile;
    this.#status = response.statusCode;
    this.#headers = response.getHeaders();
    response.on('pipe', this.#onPipe);
    this.#shadow('writeHead', (write, args) => {
      this.#head = { write, args };
      return response;
    });
    for (const name of beginnings) {
      this.#shadow(name, (call, args) => {
        if (name === 'end' && this.#isFolderRedirect()) return this.#takeBack(undefined);
        this.release();
        return call(...args);
      });
    }
  }

  /** Lets everything pass from now on, starting with a head that was held back. */
  release(): void {
    if (this.#isOver) return;
    this.#stop();
    this.#head?.write(...this.#head.args);
  }

  readonly #onPipe = (source: { unpipe(response: ServerResponse): void; destroy(): void }): void => {
    // Any other stream begins the response with its first byte.
    const alias = aliasOfFile(source, this.#request.url!);
    if (alias === undefined) return;
    source.unpipe(this.#response);
    source.destroy();
    this.#takeBack(alias);
  };

  #isFolderRedirect(): boolean {
    const { originalUrl } = this.#request as RoutedRequest;
    const [status = this.#response.statusCode, ...rest] = this.#head?.args ?? [];
    const named = rest.find((argument) => typeof argument === 'object') as Record<string, unknown> | undefined;
    const location = named?.['Location'] ?? named?.['location'] ?? this.#response.getHeader('Location');
    return isFolderRedirect(status as number, location, originalUrl);
  }

  #takeBack(alias: string | undefined): void {
    this.#stop();
    const response = this.#response;
    response.statusCode = this.#status;
    for (const name of response.getHeaderNames()) {
      if (!(name in this.#headers)) response.removeHeader(name);
    }
    for (const [name, value] of Object.entries(this.#headers)) {
      if (response.getHeader(name) !== value) response.setHeader(name, value!);
    }
    this.#onFile(alias);
  }

  #stop(): void {
    this.#isOver = true;
    this.#response.off('pipe', this.#onPipe);
    for (const restore of this.#restore) restore();
  }

  /**
   * Wraps a method. After the trial the wrapper is removed, or passes calls on if another wrapper covers it by then.
   */
  #shadow(name: 'writeHead' | (typeof beginnings)[number], before: (call: Method, args: unknown[]) => unknown): void {
    const methods = this.#response as unknown as Record<string, Method | undefined>;
    const isOwn = Object.hasOwn(methods, name);
    const shadowed = methods[name];
    if (shadowed === undefined) return;
    const call: Method = (...args) => Reflect.apply(shadowed, this.#response, args);
    const shadow: Method = (...args) => (this.#isOver ? call(...args) : before(call, args));
    methods[name] = shadow;
    this.#restore.push(() => {
      if (methods[name] !== shadow) return;
      if (isOwn) methods[name] = shadowed;
      else delete methods[name];
    });
  }
}

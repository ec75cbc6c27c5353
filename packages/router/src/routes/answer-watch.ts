import type { IncomingMessage, OutgoingHttpHeader, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { aliasOfFile, isFolderRedirect, targetOf } from '@turnout/server/adapter';

type Method = (...args: unknown[]) => unknown;

/** A request inside a router: `url` is the target without the prefixes of the routers. */
interface RoutedRequest extends IncomingMessage {
  readonly originalUrl: string;
}

/**
 * The methods that begin a response. Hooks call `_implicitHeader()`, and `sendFile()` is Express's. `writeHead()` is
 * held back until it is known what follows.
 */
const beginnings = ['writeHead', 'write', 'end', 'flushHeaders', '_implicitHeader', 'sendFile'] as const;

type Beginning = (typeof beginnings)[number];

/** One run of middleware that may answer. */
interface Trial {
  /**
   * Called when the answer is undone and the response is as before: with another target of the file, or `undefined` for
   * a folder.
   */
  readonly onFile: (alias: string | undefined) => void;
  readonly status: number;
  readonly headers: Record<string, OutgoingHttpHeader | undefined>;
  /** A head that is held back. */
  head?: { readonly write: Method; readonly args: unknown[] };
}

const watchOf = Symbol('answerWatch');

interface WatchedResponse extends ServerResponse {
  [watchOf]?: AnswerWatch;
}

/**
 * Watches how middleware begins to answer an upgrade: if the answer is the file at the path, or a redirect to a folder
 * there, it is undone before a byte is sent.
 */
export class AnswerWatch {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  /** The wrappers of the response's methods. They stay, because the next middleware needs them too. */
  readonly #wrappers: Partial<Record<Beginning, Method>> = {};
  /** Of the middleware that runs; without one, the wrappers pass every call on. */
  #trial: Trial | undefined;

  private constructor(request: IncomingMessage, response: ServerResponse) {
    this.#request = request;
    this.#response = response;
    response.on('pipe', (source) => this.#onPipe(source));
  }

  /** One for each response. */
  static over(request: IncomingMessage, response: ServerResponse): AnswerWatch {
    return ((response as WatchedResponse)[watchOf] ??= new AnswerWatch(request, response));
  }

  /**
   * Watches the middleware that runs next.
   *
   * @returns a function that lets its answer pass from now on, starting with a head that was held back
   */
  begin(onFile: Trial['onFile']): () => void {
    const response = this.#response;
    const trial: Trial = { onFile, status: response.statusCode, headers: response.getHeaders() };
    this.#trial = trial;
    for (const name of beginnings) this.#wrap(name);
    return () => this.#release(trial);
  }

  #release(trial: Trial): void {
    if (this.#trial !== trial) return;
    this.#trial = undefined;
    trial.head?.write(...trial.head.args);
  }

  /** Wraps a method, outside of what earlier middleware has put around it. */
  #wrap(name: Beginning): void {
    const methods = this.#response as unknown as Record<string, Method | undefined>;
    const current = methods[name];
    if (current === undefined || current === this.#wrappers[name]) return;
    const call = Object.hasOwn(methods, name) ? bound(current, this.#response) : inherited(name, this.#response);
    const wrapper: Method = (...args) => {
      const trial = this.#trial;
      return trial === undefined ? call(...args) : this.#onBeginning(name, call, { trial, args });
    };
    this.#wrappers[name] = wrapper;
    methods[name] = wrapper;
  }

  #onBeginning(name: Beginning, call: Method, { trial, args }: { trial: Trial; args: unknown[] }): unknown {
    if (name === 'writeHead') {
      trial.head = { write: call, args };
      return this.#response;
    }
    if (name === 'end' && this.#isFolderRedirect(trial)) return this.#takeBack(trial, undefined);
    this.#release(trial);
    return call(...args);
  }

  #onPipe(source: Readable): void {
    const trial = this.#trial;
    // Any other stream begins the response with its first byte.
    const alias = trial && aliasOfFile(source, targetOf(this.#request));
    if (trial === undefined || alias === undefined) return;
    source.unpipe(this.#response);
    source.destroy();
    this.#takeBack(trial, alias);
  }

  #isFolderRedirect({ head }: Trial): boolean {
    const { originalUrl } = this.#request as RoutedRequest;
    const [status = this.#response.statusCode, ...rest] = head?.args ?? [];
    const named = rest.find((argument) => typeof argument === 'object') as Record<string, unknown> | undefined;
    const location = named?.['Location'] ?? named?.['location'] ?? this.#response.getHeader('Location');
    return isFolderRedirect(status as number, location, originalUrl);
  }

  #takeBack({ status, headers, onFile }: Trial, alias: string | undefined): void {
    this.#trial = undefined;
    const response = this.#response;
    response.statusCode = status;
    for (const name of response.getHeaderNames()) {
      if (!(name in headers)) response.removeHeader(name);
    }
    for (const [name, value] of Object.entries(headers)) {
      if (value !== undefined && response.getHeader(name) !== value) response.setHeader(name, value);
    }
    onFile(alias);
  }
}

function bound(method: Method, response: ServerResponse): Method {
  return (...args) => Reflect.apply(method, response, args);
}

/** The method of the prototype that the response has when it is called: Express changes it for a mounted app. */
function inherited(name: Beginning, response: ServerResponse): Method {
  return (...args) => {
    const prototype = Object.getPrototypeOf(response) as Record<Beginning, Method>;
    return Reflect.apply(prototype[name], response, args);
  };
}

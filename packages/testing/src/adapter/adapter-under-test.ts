import type { IncomingMessage, Server } from 'node:http';
import type { WebSocket } from '@turnout/core';
import type { CloseOptions, RouteOptions } from '@turnout/server';
import type { Transport } from './transports.ts';

/**
 * An adapter as the suite uses it: the framework's own way to write each thing that the cases need. `Extra` are further
 * options, for tests outside the suite.
 */
export interface AdapterUnderTest<App extends AppUnderTest = AppUnderTest, Extra extends object = object> {
  /** The framework's name, for messages. */
  readonly name: string;
  /** Whether the framework's apps can serve HTTP/2. */
  readonly speaksHttp2: boolean;
  /** Whether the framework has a setting for proxies; if so, `trustsProxy` is tested. */
  readonly knowsProxies: boolean;
  /** Makes a new app with WebSocket routes. */
  readonly create: (options: AppUnderTestOptions & Extra) => App;
}

/** The adapter's options that the cases set: pass them on to it. */
export interface AppUnderTestOptions {
  readonly onError: (error: unknown) => void;
  readonly handshakeTimeout?: number;
  readonly maxStreamsPerConnection?: number;
  readonly maxConnectionsPerAddress?: number;
  readonly maxConnectionsPerUser?: number;
  readonly user?: (context: UserContext) => string | undefined;
  /** Not an option of the adapter: whether the app trusts `X-Forwarded-For`, by the framework's own setting. */
  readonly trustsProxy?: boolean;
}

/** The part of a request, or of the framework's context, that names a user. */
export interface UserContext {
  readonly headers: IncomingMessage['headers'];
  /** The store of the app's sessions. */
  readonly session?: { readonly user?: string } | null | undefined;
}

/** An app of the framework. */
export interface AppUnderTest {
  /** Adds middleware to the whole app. */
  readonly use: (step: Step) => void;
  /** Adds a WebSocket route. Parameters in the path are written as `:name`. */
  readonly ws: (path: string, route: TestRoute) => void;
  /** Adds a page that answers GET with the text and status 200. */
  readonly get: (path: string, text: string) => void;
  /** Serves the files of a folder as the framework's users do; omitted if the framework has no such middleware. */
  readonly serveFiles?: (folder: string) => void;
  /** Creates a server for the app, which does not listen yet. */
  readonly createServer: (transport: Transport) => Promise<Server>;
  /** The adapter's own `close`, `sockets` and `disconnectUser`. */
  readonly close: (options?: CloseOptions) => Promise<unknown>;
  readonly sockets: ReadonlySet<WebSocket>;
  readonly disconnectUser: (user: string) => Promise<number>;
}

/** Middleware. It continues to the next one, unless it has answered or throws. */
export type Step = (exchange: Exchange) => void | Promise<void>;

/** The request as middleware sees it, and how it can answer. */
export interface Exchange {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  /** Node.js's own request. */
  readonly message: IncomingMessage;
  readonly setHeader: (name: string, value: string | string[]) => void;
  /** Answers as the framework's users do. */
  readonly answer: (status: number, text: string) => void;
}

export interface TestRoute {
  readonly options?: RouteOptions;
  /** The route's own middleware. */
  readonly steps?: readonly Step[];
  readonly handler: (socket: WebSocket, context: HandlerContext) => unknown;
}

/** What a handler receives in addition to the socket. */
export interface HandlerContext {
  readonly params: Readonly<Record<string, unknown>>;
  /** Path and query, as the client sent them. */
  readonly url: string;
}

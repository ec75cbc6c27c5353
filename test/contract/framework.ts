import type { IncomingMessage, Server } from 'node:http';
import type { WebSocket } from '@turnout/core';
import type { CloseOptions, NodeHub, RouteOptions } from '@turnout/router';

/** What a step of middleware sees of a request, whatever the framework, and can do about it. */
export interface Exchange {
  readonly method: string;
  readonly url: string;
  readonly setHeader: (name: string, value: string | string[]) => void;
  /** Answers as the framework's users do it. */
  readonly answer: (status: number, text: string) => void;
  readonly message: IncomingMessage;
}

/** Middleware: goes on to what comes next, unless it has answered or throws. */
export type Step = (exchange: Exchange) => void | Promise<void>;

/** What a handler gets beside the socket. */
export interface HandlerContext {
  readonly params: Readonly<Record<string, unknown>>;
  readonly url: string;
  /** Undefined where the app has no sessions. */
  readonly session: Record<string, unknown> | null | undefined;
}

export interface Route {
  readonly options?: RouteOptions;
  /**
   * What the route's own middleware does with the session, before all else: it puts the user `new` in, or gives it
   * another ID.
   */
  readonly session?: 'begin' | 'renew' | undefined;
  readonly steps?: readonly Step[];
  readonly handler: (socket: WebSocket, context: HandlerContext) => unknown;
}

/** What carries the requests. */
export interface Transport {
  readonly version: 1 | 2;
  readonly tls?: { readonly key: Buffer; readonly cert: Buffer } | undefined;
}

/** An app of some framework, with WebSocket routes. */
export interface ContractApp {
  readonly use: (step: Step) => void;
  readonly ws: (path: string, route: Route) => void;
  readonly get: (path: string, text: string) => void;
  /** Serves the files of a folder, as the framework's users do; absent where that takes routes of its own. */
  readonly serveFiles?: (folder: string) => void;
  /**
   * Keeps sessions as the framework's users do, in a store that other processes might share, and adds the pages
   * `/login` (as `ann`), `/logout`, `/renew`, which gives the session another ID, and `/session`, which shows it as
   * JSON.
   */
  readonly useSessions: (records: SessionRecords, setUp?: SessionSetUp) => void;
  /** Awaits `step` once a route has accepted an upgrade, before its session is saved and the answer leaves. */
  readonly holdAnswer: (step: () => Promise<void>) => void;
  /** Begins to serve; returns the server, not listening yet. */
  readonly createServer: (transport: Transport) => Promise<Server>;
  readonly close: (options?: CloseOptions) => Promise<unknown>;
  readonly sockets: ReadonlySet<WebSocket>;
  readonly disconnectUser: (user: string) => Promise<number>;
}

/** Sessions by their ID, as JSON. */
export type SessionRecords = Map<string, string>;

export interface SessionSetUp {
  /** In ms. Default: a minute. */
  readonly maxAge?: number | undefined;
  /** Whether each request saves its session, changed or not. */
  readonly isAlwaysSaved?: boolean | undefined;
  /** What the store awaits between reading a session and giving it. */
  readonly afterRead?: (() => Promise<void>) | undefined;
}

/** What there is of a request to name its user by, whatever the framework. */
export interface UserContext {
  readonly headers: IncomingMessage['headers'];
  readonly session?: { readonly user?: string } | null | undefined;
}

export interface CreateOptions {
  readonly onError: (error: unknown) => void;
  readonly sessionCheckInterval?: number;
  readonly handshakeTimeout?: number;
  readonly maxStreamsPerConnection?: number;
  readonly maxConnectionsPerAddress?: number;
  readonly maxConnectionsPerUser?: number;
  /** Whether the framework believes what a proxy says of the client's address. Default: not. */
  readonly trustsProxy?: boolean;
  readonly user?: (context: UserContext) => string | undefined;
  readonly hub?: NodeHub;
}

export interface Framework {
  readonly name: string;
  /** Whether it has a rule about proxies. */
  readonly knowsProxies: boolean;
  readonly create: (options: CreateOptions) => ContractApp;
}

import type { AsyncLocalStorage } from 'node:async_hooks';
import type { NodeHub } from '@turnout/router';
import type { WebSocket } from '@turnout/core';
import type {
  AdapterUnderTest,
  AppUnderTest,
  AppUnderTestOptions,
  HandlerContext,
  TestRoute,
} from '@turnout/testing/adapter-contract';

/** What a handler receives in addition to the socket, in an app with sessions. */
export interface SessionContext extends HandlerContext {
  /** Undefined if the app has no sessions. */
  readonly session: Record<string, unknown> | null | undefined;
}

export interface SessionRoute extends Omit<TestRoute, 'handler'> {
  /**
   * What the route's own middleware first does with the session: it sets the user `new`, or gives the session another
   * ID.
   */
  readonly session?: 'begin' | 'renew' | undefined;
  readonly handler: (socket: WebSocket, context: SessionContext) => unknown;
}

/** An app of a framework, with what our tests need in addition to the contract of adapters. */
export interface ContractApp extends AppUnderTest {
  readonly ws: (path: string, route: SessionRoute) => void;
  /**
   * Adds sessions as the framework's users do, in a store that other processes could share, and the pages
   * `/login` (as `ann`), `/logout`, `/renew`, which gives the session another ID, and `/session`, which shows it as
   * JSON.
   */
  readonly useSessions: (records: SessionRecords, setUp?: SessionSetUp) => void;
  /** Adds middleware that runs all behind it with the request's URL in this storage: `storage.run(url, next)`. */
  readonly runWith: (storage: AsyncLocalStorage<string>) => void;
  /** Awaits `step` once a route has accepted an upgrade, before its session is saved and the answer leaves. */
  readonly holdAnswer: (step: () => Promise<void>) => void;
}

/** Sessions by their ID, as JSON. */
export type SessionRecords = Map<string, string>;

export interface SessionSetUp {
  /** The lifetime in ms. Default: a minute. */
  readonly maxAge?: number | undefined;
  /** Whether each request saves its session, changed or not. */
  readonly isAlwaysSaved?: boolean | undefined;
  /** Awaited by the store between reading a session and returning it. */
  readonly afterRead?: (() => Promise<void>) | undefined;
}

/** Options for tests of sessions, in addition to those of the contract of adapters. */
export interface SessionOptions {
  readonly sessionCheckInterval?: number;
  readonly hub?: NodeHub;
}

export type CreateOptions = AppUnderTestOptions & SessionOptions;

export type Framework = AdapterUnderTest<ContractApp, SessionOptions>;

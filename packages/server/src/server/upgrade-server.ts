import type { IncomingMessage, ServerResponse } from 'node:http';
import { limitsAmong, parseUpgradeRequest, reportError } from '@turnout/core';
import type { HandshakeError, Limits, UpgradeRequest, WebSocket } from '@turnout/core';
import { resolveOptions } from '@turnout/core/options';
import { Admission } from './admission.ts';
import { disconnectOptions, type AppSockets, type DisconnectOptions } from './app-sockets.ts';
import { errorChannel } from '../upgrade/diagnostics.ts';
import type { ErrorContext } from '../options/error-context.ts';
import { closeOptions, type CloseOptions } from './close-options.ts';
import { OpenConnections } from './open-connections.ts';
import { Notices } from '../options/notices.ts';
import type { Address } from '../options/origin.ts';
import type { UnclaimedUpgrade } from './unclaimed-upgrade.ts';
import { UnclaimedUpgrades } from './unclaimed-upgrades.ts';
import { PendingUpgrade, pendingUpgradeOf } from '../upgrade/pending-upgrade.ts';
import type { UpgradeHost } from '../upgrade/pending-upgrade.ts';
import { appOptions } from '../options/app-options.ts';
import type { AppOptions, AppSettings } from '../options/app-options.ts';
import { DisconnectRelay } from './disconnect-relay.ts';
import type { NumberedOrder } from './past-orders.ts';
import { SessionPoller } from '../session/session-poller.ts';
import type { SessionWatch } from '../session/session-watch.ts';
import type { UpgradeChannel } from '../upgrade/upgrade-channel.ts';
import { noteRefused, refusalOf, tellRefused } from '../upgrade/refusal.ts';
import { noteServed } from '../upgrade/unserved-route.ts';
import { describePlainRequest, isUpgradeRequired, sendUpgradeRequired } from '../upgrade/upgrade-required.ts';

/** What an upgrade server needs from the framework's app; the adapter supplies it. */
export interface AppBinding {
  /** Sends a plain request through the app, including the app's own 404 and error handlers. */
  dispatch(request: IncomingMessage, response: ServerResponse): void;
  /** Sends an upgrade request through the app, so that no HTTP route answers it. */
  dispatchUpgrade(request: IncomingMessage, response: ServerResponse): void;
  /** Whether any WebSocket route matches a request target. No middleware runs for it. */
  claims(target: string): boolean;
  /** The origin the client addressed, by the app's proxy setting. Default: from the connection and `Host`. */
  addressOf?(request: IncomingMessage): Address;
  /** The client's address, by the app's proxy setting. Default: that of the connection. */
  clientAddressOf?(request: IncomingMessage): string | undefined;
  /** What to write when a server does not pass its upgrades to the app. Default: `call attach(server, app)`. */
  readonly howToAttach?: string | undefined;
  /** The class of the responses that middleware gets over HTTP/1.1, if the app has its own. */
  readonly Response?: typeof ServerResponse | undefined;
}

/** Serves an app's upgrade requests: sends them through the app, and keeps track of the open sockets. */
export class UpgradeServer implements UpgradeHost, AppSockets {
  readonly options: AppSettings;
  readonly notices: Notices;
  readonly Response: UpgradeHost['Response'];
  readonly #binding: AppBinding;
  readonly #connections = new OpenConnections();
  readonly #limits: Limits;
  readonly #admission: Admission;
  readonly #sessionPoller: SessionPoller;
  readonly #disconnectRelay: DisconnectRelay | undefined;

  /** @throws {TypeError | RangeError} on an invalid option */
  constructor(binding: AppBinding, given: AppOptions = {}) {
    const options = resolveOptions(appOptions, given);
    this.#binding = binding;
    this.Response = binding.Response;
    this.options = options;
    this.notices = new Notices(options.warn);
    this.#limits = limitsAmong(given);
    this.#sessionPoller = new SessionPoller(options.sessionCheckInterval);
    const unclaimed = new UnclaimedUpgrades(this.#limits.handshakeTimeout);
    this.#admission = new Admission(options, this.#connections, unclaimed);
    this.#disconnectRelay = options.hub && new DisconnectRelay(options.hub, (order) => this.#disconnect(order));
  }

  /** The sockets that are open now. */
  get sockets(): ReadonlySet<WebSocket> {
    return this.#connections.sockets;
  }

  /** The sockets of one user, as the option `user` names them, across all sessions. */
  socketsOf(user: string): readonly WebSocket[] {
    return this.#connections.socketsOf(user);
  }

  /** See {@link AppSockets.disconnectUser}. */
  async disconnectUser(user: string, options?: DisconnectOptions): Promise<number> {
    const { reconnect } = resolveOptions(disconnectOptions, options);
    const count = this.#disconnect({ user, reconnect, age: 0 });
    await this.#disconnectRelay?.tell(user, reconnect);
    return count;
  }

  #disconnect({ user, reconnect, age }: Omit<NumberedOrder, 'number'>): number {
    // An upgrade that began before the order may have opened its socket as late as this.
    const openedBy = performance.now() - age + this.#limits.handshakeTimeout;
    return this.#connections.disconnect(user, reconnect ? 'reconnect' : 'final', openedBy);
  }

  /** The number of upgrades that are not answered yet. */
  get pendingCount(): number {
    return this.#connections.pending.size;
  }

  /** Whether a WebSocket route of the app matches the target of a request. */
  claims({ url = '' }: Pick<IncomingMessage, 'url'>): boolean {
    return this.#binding.claims(url);
  }

  /**
   * Handles an upgrade request: checks that there is room, validates the request (RFC 6455 §4.2.1), and sends it
   * through the app.
   */
  take(request: IncomingMessage, channel: UpgradeChannel, head: Buffer): void {
    const { carrier, duplex } = channel;
    const refusal = this.#admission.refusal(carrier);
    if (refusal !== null) return this.#refuse(request, channel, refusal);
    let upgrade: UpgradeRequest;
    try {
      upgrade = parseUpgradeRequest(request, this.#limits);
    } catch (error) {
      return this.#refuse(request, channel, error as HandshakeError);
    }
    const pending = new PendingUpgrade({ request, channel, head, upgrade }, this, this.#limits.handshakeTimeout);
    this.#connections.addPending(pending);
    if (carrier !== undefined) this.#admission.addStream(carrier, duplex);
    try {
      this.#binding.dispatchUpgrade(request, pending.response);
    } catch (error) {
      pending.fail(error);
    }
  }

  /** Keeps track of an upgrade that is left to other listeners of the server, until one of them takes it. */
  leaveToOthers(upgrade: UnclaimedUpgrade): void {
    this.#admission.leaveToOthers(upgrade);
  }

  /** Sends a plain request through the app. */
  dispatch(request: IncomingMessage, response: ServerResponse): void {
    this.#binding.dispatch(request, response);
  }

  /**
   * Call it when a request enters the app, unless another app passed it on: a WebSocket route then knows that the app's
   * {@link finish} answers an upgrade request that arrives as a plain request.
   */
  enter(request: IncomingMessage): void {
    noteServed(request);
  }

  /** Answers a plain request for a path that has only a WebSocket route with 426, and says what is wrong with it. */
  requireUpgrade(request: IncomingMessage, response: ServerResponse): void {
    const reason = describePlainRequest(request, this.#binding.howToAttach);
    sendUpgradeRequired(request, response, reason);
    noteRefused(this.notices, { request, status: response.statusCode, reason, cause: reason });
  }

  /**
   * Ends a request that went through the app: an adapter calls it after the app's last route. Answers 426 if only a
   * WebSocket route matched, else calls `answer`. If the upgrade is already decided, an error can no longer be answered
   * and is reported.
   */
  finish(exchange: Exchange, answer: (error?: unknown) => void): void {
    const { request, response, error } = exchange;
    const pending = pendingUpgradeOf(request);
    if (pending !== undefined && !pending.isUndecided) {
      if (error) this.report(error, { phase: 'handshake', request });
    } else if (!error && isUpgradeRequired(request) && !response.headersSent) {
      this.requireUpgrade(request, response);
    } else {
      answer(error);
    }
  }

  /**
   * Refuses new and pending upgrades with 503 and `Retry-After`, closes all sockets over `window`, waits for running
   * handlers, and cuts off what remains after `timeout`. The HTTP server keeps running.
   *
   * @returns a promise that resolves when all are done
   * @throws {RangeError} on a close code that may not be sent, or an invalid delay
   */
  close(options?: CloseOptions): Promise<void> {
    return this.#connections.close(resolveOptions(closeOptions, options));
  }

  /** Refuses before any code of the app runs. */
  #refuse(request: IncomingMessage, channel: UpgradeChannel, error: HandshakeError): void {
    channel.reject(error);
    tellRefused(this.notices, refusalOf(request, error));
  }

  addressOf(request: IncomingMessage): Address {
    if (this.#binding.addressOf !== undefined) return this.#binding.addressOf(request);
    const { encrypted } = request.socket as { readonly encrypted?: boolean | undefined };
    return { scheme: encrypted === true ? 'https' : 'http', host: request.headers.host };
  }

  clientAddressOf({ request }: PendingUpgrade): string | undefined {
    const binding = this.#binding;
    return binding.clientAddressOf ? binding.clientAddressOf(request) : request.socket.remoteAddress;
  }

  admitAddress(pending: PendingUpgrade): HandshakeError | null {
    return this.#admission.admitAddress(() => this.clientAddressOf(pending), pending.duplex);
  }

  admitUser({ duplex }: PendingUpgrade, user: string | undefined): HandshakeError | null {
    return this.#admission.admitUser(user, duplex);
  }

  report(error: unknown, context: ErrorContext): void {
    if (errorChannel.hasSubscribers) errorChannel.publish({ error, ...context });
    reportError(this.options.onError, error, context);
  }

  onSettled(pending: PendingUpgrade): void {
    this.#connections.removePending(pending);
  }

  onOpen(socket: WebSocket): boolean {
    return this.#connections.addSocket(socket);
  }

  onHandling(): void {
    this.#connections.addHandler();
  }

  onHandled(): void {
    this.#connections.removeHandler();
  }

  pollSession(watch: SessionWatch): void {
    const isAsked = this.#sessionPoller.add(watch);
    // A check before each message works only for a session that has been seen in the store.
    if (!isAsked && this.options.recheckSession) void watch.check();
  }
}

/** A request that has reached the end of the app's routes. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The error passed to `next`, or thrown, that no error handler handled. */
  readonly error?: unknown;
}

import { AsyncResource } from 'node:async_hooks';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { acceptHeaders, HandshakeError } from '@turnout/core';
import type { HandshakeChoice, UpgradeRequest, WebSocket } from '@turnout/core';
import { describeAnswer } from './describe-answer.ts';
import { DisconnectOrders } from './disconnect-orders.ts';
import type { DisconnectOrder } from './disconnect-orders.ts';
import type { ErrorContext } from '../options/error-context.ts';
import { removeForeignHeaders } from './foreign-header.ts';
import { refusalOf, tellRefused } from './refusal.ts';
import { announceNoBody, sendThrough, type SendAccept } from './send-accept.ts';
import { HandshakeSession } from '../session/handshake-session.ts';
import type { Notices } from '../options/notices.ts';
import type { Address } from '../options/origin.ts';
import type { AppSettings } from '../options/app-options.ts';
import type { SessionRequest } from '../session/session-request.ts';
import type { SessionWatch } from '../session/session-watch.ts';
import type { UpgradeChannel } from './upgrade-channel.ts';

/**
 * `pending`: the app's middleware runs; its response may have begun.
 * `accepting`: the 101 is being sent, and nothing else will be written.
 * `accepted`: the connection belongs to a WebSocket.
 * `refused`: answered with another status. `aborted`: the connection closed before any answer.
 */
export type UpgradeState = 'pending' | 'accepting' | 'accepted' | 'refused' | 'aborted';

/** What an upgrade needs from its app. */
export interface UpgradeHost {
  readonly options: AppSettings;
  readonly notices: Notices;
  /** The class of the responses that middleware gets over HTTP/1.1. Default: that of `node:http`. */
  readonly Response: typeof ServerResponse | undefined;
  /** Whether a WebSocket route of the app matches a request target. */
  claims(request: { readonly url: string }): boolean;
  /** The origin that the client addressed, to compare with its Origin header. */
  addressOf(request: IncomingMessage): Address;
  /** The client's address, as the app determines it; `undefined` without one. */
  clientAddressOf(pending: PendingUpgrade): string | undefined;
  /** Counts an upgrade for its client's address. Returns why it must be refused, or `null`. */
  admitAddress(pending: PendingUpgrade): HandshakeError | null;
  /** Counts an upgrade for its user. Returns why it must be refused, or `null`. */
  admitUser(pending: PendingUpgrade, user: string | undefined): HandshakeError | null;
  report(error: unknown, context: ErrorContext): void;
  /** The upgrade was accepted, refused or aborted. */
  onSettled(pending: PendingUpgrade): void;
  /** A socket has opened. Returns whether it may be used; if not, it is being closed. */
  onOpen(socket: WebSocket): boolean;
  /** A handler starts; `onHandled` follows. */
  onHandling(): void;
  onHandled(): void;
  /** Polls a session, which other processes may end. */
  pollSession(watch: SessionWatch): void;
}

/** A validated upgrade request, with what Node.js hands over. */
export interface Handshake {
  readonly request: IncomingMessage;
  readonly channel: UpgradeChannel;
  readonly head: Buffer;
  readonly upgrade: UpgradeRequest;
}

/** How to accept an upgrade. */
export interface Acceptance {
  /** Sends the 101 with these headers besides those already set. Default: `writeHead()` and `end()` of the response. */
  readonly send?: SendAccept | undefined;
  /** The session of the request. */
  readonly session: SessionRequest | undefined;
  /** The user, as the option `user` names it. */
  readonly user: string | undefined;
  /** Called with the connection once the 101 is sent. */
  readonly onAccepted: (accepted: AcceptedUpgrade) => void;
}

/** The connection of an upgrade whose 101 is sent. */
export interface AcceptedUpgrade {
  readonly duplex: Duplex;
  readonly head: Buffer;
  /** An order to disconnect its user that arrived while it was being accepted. */
  readonly order: DisconnectOrder | undefined;
}

const pendingUpgrade = Symbol('pendingUpgrade');

interface UpgradeRequestMessage extends IncomingMessage {
  [pendingUpgrade]?: PendingUpgrade;
}

/** The upgrade that a request asks for; `undefined` for a plain request. */
export function pendingUpgradeOf(request: IncomingMessage): PendingUpgrade | undefined {
  return (request as UpgradeRequestMessage)[pendingUpgrade];
}

/** For an upgrade that has no app yet. */
const noOrders = new DisconnectOrders();

/** One opening handshake, from the upgrade request to its only answer. */
export class PendingUpgrade {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly upgrade: UpgradeRequest;
  readonly host: UpgradeHost;
  readonly #channel: UpgradeChannel;
  #head: Buffer;
  #state: UpgradeState = 'pending';
  #timer: NodeJS.Timeout | undefined;
  /** Why we refuse it; `undefined` if the app does. */
  #reason: string | undefined;
  readonly #session: HandshakeSession;
  #orders = noOrders;
  #ordersBefore = 0;
  #user: string | undefined;
  #onAccepted: Acceptance['onAccepted'] | undefined;

  /** @param timeout in ms; an upgrade that is not answered by then gets 503 */
  constructor({ request, channel, head, upgrade }: Handshake, host: UpgradeHost, timeout: number) {
    this.request = request;
    this.upgrade = upgrade;
    this.host = host;
    this.#channel = channel;
    this.#head = head;
    this.response = channel.createResponse(request, {
      Response: host.Response,
      isAccepting: () => this.#state === 'accepting',
      onAnswered: () => this.#onAnswered(),
    });
    this.response.on('error', (error) => host.report(error, { phase: 'handshake', request }));
    channel.duplex.on('close', this.#onClose);
    if (timeout !== Infinity) this.#timer = setTimeout(() => this.#onTimeout(), timeout);
    // From the start, so that no log-out is missed while middleware loads the session or waits.
    this.#session = new HandshakeSession(request, () => this.#state === 'pending');
    (request as UpgradeRequestMessage)[pendingUpgrade] = this;
  }

  /** Whether the answer is still open: none has begun. */
  get isUndecided(): boolean {
    return this.#state === 'pending' && !this.response.headersSent && !this.#channel.duplex.destroyed;
  }

  /** The status that accepts: 101, or 200 over HTTP/2. */
  get acceptStatus(): 101 | 200 {
    return this.#channel.acceptStatus;
  }

  /** The connection of the upgrade. */
  get duplex(): Duplex {
    return this.#channel.duplex;
  }

  /** The watch of the request's session; `undefined` without one. */
  get sessionWatch(): SessionWatch | undefined {
    return this.#session.watch;
  }

  /**
   * Watches the session that middleware is loading or has set. Adapters call it if the session is not on the request.
   */
  watchSession(session: SessionRequest | undefined): void {
    if (this.#state === 'pending') this.#session.follow(session);
  }

  /** Later orders to disconnect a user affect this upgrade, if it turns out to be that user's. */
  heed(orders: DisconnectOrders): void {
    this.#orders = orders;
    this.#ordersBefore = orders.lastNumber;
  }

  /** The number of the last order before this upgrade, which does not affect it. */
  get ordersBefore(): number {
    return this.#ordersBefore;
  }

  /** An order to disconnect its user that arrived since it began; the user is known once it is being accepted. */
  get disconnectOrder(): DisconnectOrder | undefined {
    return this.#user === undefined ? undefined : this.#orders.since(this.#ordersBefore, this.#user);
  }

  /**
   * Answers 101 with the headers that middleware has set, unless another answer has begun, the session has ended, or
   * the user was disconnected. Asks the store about the session first.
   */
  accept(choice: HandshakeChoice, acceptance: Acceptance): void {
    if (!this.isUndecided) return;
    this.#session.follow(acceptance.session);
    const rechecked = this.#session.recheck();
    if (rechecked === undefined) this.#answerAccept(choice, acceptance);
    else void rechecked.then(() => this.#answerAccept(choice, acceptance));
  }

  #answerAccept(choice: HandshakeChoice, acceptance: Acceptance): void {
    if (!this.isUndecided) return;
    const { send = sendThrough(this.response, this.acceptStatus), user, onAccepted } = acceptance;
    if (this.sessionWatch?.isEnded) {
      // The end of a response saves the session on its request, which would restore it.
      Reflect.deleteProperty(this.request, 'session');
      return this.refuse(401, 'The session has ended');
    }
    this.#user = user;
    const order = this.disconnectOrder;
    if (order !== undefined) return this.refuse(order === 'final' ? 401 : 503, 'Disconnected');
    // The end of the response may come from a session store, in whatever context its callbacks run.
    // `AsyncResource.bind()` would take a twentieth of the time of connecting.
    const context = new AsyncResource('WebSocketUpgrade');
    this.#onAccepted = (accepted) => context.runInAsyncScope(onAccepted, undefined, accepted);
    this.#state = 'accepting';
    try {
      removeForeignHeaders(this.response);
      announceNoBody(this.response);
      send(acceptHeaders(this.upgrade, choice));
    } catch (error) {
      this.#state = 'pending';
      this.fail(error);
    }
  }

  /** Answers with this status, and the message as plain text, unless another answer has begun. */
  refuse(status: number, message: string): void {
    if (!this.isUndecided) return;
    const { response } = this;
    this.#state = 'refused';
    this.#reason = message;
    removeForeignHeaders(response);
    response.statusCode = status;
    response.setHeader('Content-Type', 'text/plain; charset=utf-8');
    response.end(`${message}\n`);
  }

  /** The app's code has failed: reports the error, and answers 500 or, if an answer has begun, cuts the connection. */
  fail(error: unknown): void {
    this.host.report(error, { phase: 'handshake', request: this.request });
    if (!this.isUndecided) return this.abort();
    this.refuse(500, error instanceof HandshakeError ? error.message : 'Internal server error');
  }

  /** Refuses without waiting for the app's middleware. An answer that has begun continues. */
  interrupt(error: HandshakeError): void {
    if (!this.isUndecided) return;
    this.#state = 'refused';
    this.#channel.release(this.response);
    this.#channel.reject(error);
    tellRefused(this.host.notices, refusalOf(this.request, error, this.upgrade.target));
    this.#release();
  }

  /** Cuts the connection. */
  abort(): void {
    this.#channel.duplex.destroy();
  }

  #onAnswered(): void {
    if (this.#channel.duplex.destroyed) return;
    this.#channel.release(this.response);
    const onAccepted = this.#onAccepted;
    if (this.#state === 'accepting' && onAccepted && this.response.statusCode === this.acceptStatus) {
      const { duplex } = this.#channel;
      this.#state = 'accepted';
      duplex.off('close', this.#onClose);
      this.#session.leave();
      const order = this.disconnectOrder;
      this.#release();
      onAccepted({ duplex, head: this.#head, order });
    } else {
      this.#state = 'refused';
      this.#channel.end();
      this.#tellAnswer(this.response.statusCode);
      this.#release();
    }
    this.#head = Buffer.alloc(0);
  }

  #tellAnswer(status: number): void {
    const { request, host } = this;
    const { target } = this.upgrade;
    const isRouted = status !== 404 || host.claims({ url: target });
    const reason = this.#reason ?? describeAnswer(status, isRouted);
    const cause = this.#reason === undefined ? `app ${isRouted}` : undefined;
    tellRefused(host.notices, { request, status, reason, cause, target });
  }

  readonly #onClose = (): void => {
    if (this.#state === 'pending' || this.#state === 'accepting') this.#state = 'aborted';
    this.#release();
  };

  #onTimeout(): void {
    if (!this.isUndecided) return this.abort();
    const message = 'The app did not answer within handshakeTimeout';
    this.interrupt(new HandshakeError('WS_ERR_HANDSHAKE_TIMEOUT', 503, message));
  }

  #release(): void {
    clearTimeout(this.#timer);
    // The watch of an accepted upgrade continues for its socket.
    if (this.#state !== 'accepted') this.#session.release();
    this.host.onSettled(this);
  }
}

import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Http2ServerResponse, type Http2SecureServer, type Http2Server, type Http2ServerRequest } from 'node:http2';
import type { Server as SecureServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { isWebSocketUpgrade } from '@turnout/core';
import { asGet, http2Channel } from '../upgrade/http2-channel.ts';
import { unclaimedStream, unclaimedUpgrade } from './unclaimed-upgrade.ts';
import { serveWithoutUpgrade } from './serve-without-upgrade.ts';
import type { UpgradeServer } from './upgrade-server.ts';
import { noteCutOff } from '../upgrade/refusal.ts';
import { http1Channel } from '../upgrade/upgrade-channel.ts';
import { UnansweredRequests } from './unanswered-requests.ts';

/** An HTTP/1.1 server, an HTTP/2 server, or with `allowHTTP1` one for both. */
export type AnyServer = Server | SecureServer | Http2Server | Http2SecureServer;

const attachments = new WeakMap<AnyServer, Attachment>();

/**
 * Serves an app's WebSocket routes on an HTTP server, and its plain requests if it has no other listener for them.
 *
 * Several apps may be attached, and other libraries may listen for `upgrade` too: the first app with a route for the
 * path takes an upgrade. If no app has one, it is left to the other listeners, and answered with 404 if none of them
 * takes it within the `handshakeTimeout` of the first app. Without other listeners, the first app answers it with its
 * 404.
 *
 * An HTTP/2 server then tells its clients that they may open WebSockets on their connection (RFC 8441).
 *
 * @throws {TypeError} if `server` is not a server
 */
export function attach(server: AnyServer, upgradeServer: UpgradeServer): void {
  assertServer(server);
  const attachment = attachments.get(server);
  if (attachment === undefined) attachments.set(server, new Attachment(server, upgradeServer));
  else attachment.add(upgradeServer);
}

function assertServer(server: unknown): void {
  if (typeof server === 'object' && typeof (server as Partial<AnyServer> | null)?.listenerCount === 'function') return;
  const got = typeof server === 'function' ? 'a function: the server stands first' : String(server);
  throw new TypeError(`Invalid server: expected one of node:http, node:https or node:http2, got ${got}`);
}

/** After this much silence, in ms, the system probes the peer: a fallback below our own pings. */
const keepAliveDelay = 30_000;

function prepareConnection(socket: Socket): void {
  socket.setNoDelay(true);
  socket.setKeepAlive(true, keepAliveDelay);
  socket.setTimeout(0);
}

class Attachment {
  readonly #server: AnyServer;
  readonly #upgradeServers: [first: UpgradeServer, ...others: UpgradeServer[]];
  readonly #unanswered = new UnansweredRequests();

  constructor(server: AnyServer, upgradeServer: UpgradeServer) {
    this.#server = server;
    this.#upgradeServers = [upgradeServer];
    if ('updateSettings' in server) this.#serveStreams(server);
    // Before the app's own listener, which may throw.
    server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
      this.#unanswered.add(request, response);
      if (server.listenerCount('request') === 1) this.#upgradeServers[0].dispatch(request, response);
    });
    server.on('upgrade', (request: IncomingMessage, duplex: Duplex, head: Buffer) => {
      // First: without a listener, a client that resets its connection would crash the process.
      duplex.on('error', ignore);
      request.socket.on('error', ignore);
      this.#onUpgrade(request, duplex, head);
    });
  }

  add(upgradeServer: UpgradeServer): void {
    if (!this.#upgradeServers.includes(upgradeServer)) this.#upgradeServers.push(upgradeServer);
  }

  #serveStreams(server: Http2Server | Http2SecureServer): void {
    server.updateSettings({ enableConnectProtocol: true });
    server.on('connect', (request: Http2ServerRequest | IncomingMessage, response: Http2ServerResponse | Duplex) => {
      if (response instanceof Http2ServerResponse) this.#onConnect(request as Http2ServerRequest, response);
      // HTTP/1.1 emits this event too, for requests to a proxy.
      else if (server.listenerCount('connect') === 1) response.destroy();
    });
  }

  #onConnect(request: Http2ServerRequest, response: Http2ServerResponse): void {
    const isAlone = this.#server.listenerCount('connect') === 1;
    const isOurs = isWebSocketUpgrade(request);
    const claimant = isOurs ? this.#claimantOf(request) : undefined;
    response.stream.on('error', ignore);
    if (claimant === undefined && !isAlone) {
      const first = this.#upgradeServers[0];
      return first.leaveToOthers(unclaimedStream(request, response, first.notices));
    }
    if (isOurs) {
      (claimant ?? this.#upgradeServers[0]).take(asGet(request), http2Channel(response), Buffer.alloc(0));
    } else {
      response.statusCode = 501;
      response.end();
    }
  }

  #claimantOf(request: Pick<IncomingMessage, 'url'>): UpgradeServer | undefined {
    return this.#upgradeServers.find((upgradeServer) => upgradeServer.claims(request));
  }

  #onUpgrade(request: IncomingMessage, duplex: Duplex, head: Buffer): void {
    const isAlone = this.#server.listenerCount('upgrade') === 1;
    const isOurs = isWebSocketUpgrade(request);
    const claimant = isOurs ? this.#claimantOf(request) : undefined;
    // In Node.js 26 the duplex of an upgrade with a body is not the socket.
    const { socket } = request;
    if (claimant === undefined && !isAlone) {
      const first = this.#upgradeServers[0];
      const context = { earlier: this.#unanswered, notices: first.notices };
      return first.leaveToOthers(unclaimedUpgrade(request, duplex, context));
    }
    const upgradeServer = claimant ?? this.#upgradeServers[0];
    prepareConnection(socket);
    // Node.js would write the response to the earlier request later, after ours or between our frames.
    if (this.#unanswered.countOf(socket) > 0) {
      socket.destroy();
      noteCutOff(upgradeServer.notices, request, 'an earlier request on its connection has no answer yet');
    } else if (isOurs) upgradeServer.take(request, http1Channel(duplex), head);
    else serveWithoutUpgrade(this.#server as Server, { request, duplex, notices: upgradeServer.notices });
  }
}

/** An error is always followed by `close`, which is handled. */
function ignore(): void {}

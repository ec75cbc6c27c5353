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

/** A server of HTTP/1.1, of HTTP/2, or with `allowHTTP1` of both. */
export type AnyServer = Server | SecureServer | Http2Server | Http2SecureServer;

const attachments = new WeakMap<AnyServer, Attachment>();

/**
 * Serves an app's WebSocket routes on an HTTP server, whose plain requests it answers too where nobody else does.
 *
 * Several apps may be attached, and other libraries may listen for `upgrade` beside them: the first app with a route
 * for the path takes an upgrade; one that no app has a route for is left to the other listeners, and answered with 404
 * where none of them takes it within `handshakeTimeout` of the first app. Where there are none, it goes to the first
 * app and its 404.
 *
 * A server of HTTP/2 tells its clients from then on that they may open WebSockets on their connection (RFC 8441).
 *
 * @throws {TypeError} on what is no server
 */
export function attach(server: AnyServer, upgradeServer: UpgradeServer): void {
  assertServer(server);
  const attachment = attachments.get(server) ?? new Attachment(server);
  attachments.set(server, attachment);
  attachment.add(upgradeServer);
}

function assertServer(server: unknown): void {
  if (typeof server === 'object' && typeof (server as Partial<AnyServer> | null)?.listenerCount === 'function') return;
  const got = typeof server === 'function' ? 'a function: the server stands first' : String(server);
  throw new TypeError(`Invalid server: expected one of node:http, node:https or node:http2, got ${got}`);
}

/** From when on, in ms, the system asks a silent peer whether it is still there: a second net below our own pings. */
const keepAliveDelay = 30_000;

function prepareConnection(socket: Socket): void {
  socket.setNoDelay(true);
  socket.setKeepAlive(true, keepAliveDelay);
  socket.setTimeout(0);
}

class Attachment {
  readonly #server: AnyServer;
  readonly #upgradeServers: UpgradeServer[] = [];
  readonly #unanswered = new UnansweredRequests();

  constructor(server: AnyServer) {
    this.#server = server;
    if ('updateSettings' in server) this.#serveStreams(server);
    // In front of the app's own listener, which may throw.
    server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
      this.#unanswered.add(request, response);
      if (server.listenerCount('request') === 1) this.#upgradeServers[0]!.dispatch(request, response);
    });
    server.on('upgrade', (request: IncomingMessage, duplex: Duplex, head: Buffer) => {
      // First of all: without a listener, a client that resets its connection would end the process.
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
      // HTTP/1.1 has this event too, for requests to a proxy.
      else if (server.listenerCount('connect') === 1) response.destroy();
    });
  }

  #onConnect(request: Http2ServerRequest, response: Http2ServerResponse): void {
    const isAlone = this.#server.listenerCount('connect') === 1;
    const isOurs = isWebSocketUpgrade(request);
    const claimant = isOurs ? this.#claimantOf(request) : undefined;
    response.stream.on('error', ignore);
    if (claimant === undefined && !isAlone) {
      const first = this.#upgradeServers[0]!;
      return first.leaveToOthers(unclaimedStream(request, response, first.notices));
    }
    if (isOurs) {
      (claimant ?? this.#upgradeServers[0]!).take(asGet(request), http2Channel(response), Buffer.alloc(0));
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
    // Before a body, the duplex of Node.js 26 is another one.
    const { socket } = request;
    if (claimant === undefined && !isAlone) {
      const first = this.#upgradeServers[0]!;
      const context = { earlier: this.#unanswered, notices: first.notices };
      return first.leaveToOthers(unclaimedUpgrade(request, duplex, context));
    }
    const upgradeServer = claimant ?? this.#upgradeServers[0]!;
    prepareConnection(socket);
    // Node.js would write the answer to the earlier request later, behind ours or between our frames.
    if (this.#unanswered.countOf(socket) > 0) {
      socket.destroy();
      noteCutOff(upgradeServer.notices, request, 'an earlier request on its connection has no answer yet');
    } else if (isOurs) upgradeServer.take(request, http1Channel(duplex), head);
    else serveWithoutUpgrade(this.#server as Server, { request, duplex, notices: upgradeServer.notices });
  }
}

/** What ends the connection is told by its `close`. */
function ignore(): void {}

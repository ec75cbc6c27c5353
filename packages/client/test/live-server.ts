import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { WebSocket } from '@turnout/core';
import { createRouter } from '@turnout/router';
import { createHub, type Admit, type Hub } from '@turnout/topics';

/** A server whose `/live` serves the topics of a hub, and echoes everything else. */
export class LiveServer {
  readonly hub: Hub = createHub();
  readonly sockets: WebSocket[] = [];
  /** The status that refuses handshakes and page requests. */
  status = 200;
  handshakes = 0;
  onMessage: (data: string) => void = () => {};
  admit: Admit = (name) => this.hub.topic(name, { history: true });
  #server: Server | undefined;
  #close: (() => Promise<void>) | undefined;

  get port(): number {
    return (this.#server!.address() as AddressInfo).port;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}/live`;
  }

  async start(port = 0): Promise<this> {
    const router = createRouter();
    const server = createServer();
    router.use((_request, response, next) => {
      if (this.status === 200) return next();
      response.statusCode = this.status;
      return void response.end();
    });
    router.get('/session', (_request, response) => void response.end('there'));
    router.ws('/live', { protocols: ['a'] }, (socket) => {
      this.handshakes++;
      this.sockets.push(socket);
      const handle = this.hub.commands(socket, (name) => this.admit(name));
      socket.on('message', async (data) => {
        this.onMessage(data.toString());
        if (!(await handle(data))) socket.send(data.toString());
      });
    });
    router.attach(server);
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    this.#server = server;
    this.#close = async () => {
      await router.close({ timeout: 0 });
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    };
    return this;
  }

  /** Ends all connections; {@link start} listens again. */
  async stop(): Promise<void> {
    await this.#close?.();
    this.#close = undefined;
  }
}

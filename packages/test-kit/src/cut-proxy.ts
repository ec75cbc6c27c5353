import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A proxy between a client and a server that can silently stop passing bytes on. */
export class CutProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isCut = false;
  /** The latency, in ms. */
  lag = 0;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async to(port: number): Promise<CutProxy> {
    const server = createServer({ allowHalfOpen: true });
    const proxy = new CutProxy(server);
    server.on('connection', (client) => {
      const upstream = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
      proxy.#pass(client, upstream);
      proxy.#pass(upstream, client);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** From now on nothing arrives, on either side; new connections open, but are silent too. */
  cut(): void {
    this.#isCut = true;
  }

  /** Silenced connections stay silent; new connections pass bytes on. */
  heal(): void {
    this.#isCut = false;
  }

  /** Ends all connections immediately. */
  reset(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #pass(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    let isCut = this.#isCut;
    from.on('data', (bytes) => {
      isCut ||= this.#isCut;
      if (isCut) return;
      if (this.lag > 0) setTimeout(() => to.destroyed || to.write(bytes), this.lag);
      else to.write(bytes);
    });
    from.on('end', () => (isCut ||= this.#isCut) || to.end());
    from.on('error', () => {});
    from.on('close', () => {
      this.#sockets.delete(from);
      if (!(isCut ||= this.#isCut)) to.destroy();
    });
  }
}

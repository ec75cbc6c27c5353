import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/**
 * A NAT router that forgets its connections, as they do after a period of silence: after `swallow()`, nothing gets
 * through in either direction, and neither end is notified.
 */
export class BlackHole {
  readonly #server: Server;
  readonly #ends: Socket[] = [];

  private constructor(port: number) {
    this.#server = createServer((near) => {
      const far = connect(port, '127.0.0.1');
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        from.on('error', () => {});
        from.on('data', (chunk) => to.write(chunk));
        from.on('close', () => to.destroy());
        this.#ends.push(from);
      }
    });
  }

  static async to(port: number): Promise<BlackHole> {
    const hole = new BlackHole(port);
    hole.#server.listen(0, '127.0.0.1');
    await once(hole.#server, 'listening');
    return hole;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  swallow(): void {
    for (const end of this.#ends) end.removeAllListeners('data').pause();
  }

  close(): void {
    for (const end of this.#ends) end.destroy();
    this.#server.close();
  }
}

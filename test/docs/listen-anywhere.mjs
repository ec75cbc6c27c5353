// Loaded before a snippet of the documents: the server that it starts listens on a free port of the loopback address,
// whatever port the snippet names, and the port is told to the parent process.
import { Server } from 'node:net';

// oxlint-disable-next-line typescript/unbound-method -- it is applied to the server below
const { listen } = Server.prototype;

Server.prototype.listen = function listenAnywhere(...parameters) {
  this.once('listening', () => {
    const address = this.address();
    if (typeof address === 'object' && address !== null) process.send?.({ port: address.port });
  });
  const callback = parameters.at(-1);
  const onListening = typeof callback === 'function' ? callback : undefined;
  return Reflect.apply(listen, this, [{ port: 0, host: '127.0.0.1' }, onListening]);
};

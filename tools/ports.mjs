import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { threadId } from 'node:worker_threads';

/**
 * Below the system's ephemeral ports, one of which could be assigned again between the check and its use. Each thread
 * of tests has its own range.
 */
const [first, last, parts] = [12_000, 32_000, 8];
const size = Math.floor((last - first) / parts);
const start = first + (threadId % parts) * size;
let next = Math.floor(Math.random() * size);

/** A free port of the loopback address, which no other test will get soon. */
export async function freePort() {
  for (;;) {
    const port = start + (next++ % size);
    const server = createServer().listen(port, '127.0.0.1');
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}

/** @param {number} port of the loopback address */
export async function isListening(port) {
  const probe = connect(port, '127.0.0.1');
  const isUp = await once(probe, 'connect').then(
    () => true,
    () => false,
  );
  probe.destroy();
  return isUp;
}

// The upper bound: node:net returns the bytes it receives, without any protocol.
import { createServer } from 'node:net';
import { listenAndReport } from './report-to-parent.ts';

const server = createServer({ noDelay: true }, (duplex) => {
  duplex.on('data', (chunk) => duplex.write(chunk));
  duplex.on('error', () => duplex.destroy());
});
await listenAndReport(server);

// express-ws as its README shows it.
import { createServer } from 'node:http';
import express from 'express';
import expressWs from 'express-ws';
import { listenAndReport } from './report-to-parent.ts';

const app = express();
const server = createServer(app);
expressWs(app, server).app.ws('/echo', (socket) => {
  socket.on('message', (data: Buffer, isBinary: boolean) => socket.send(data, { binary: isBinary }));
});
await listenAndReport(server);

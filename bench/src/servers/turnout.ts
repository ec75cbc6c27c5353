// Turnout as its README shows it, on Express.
import { createServer } from 'node:http';
import { attach, turnout } from '@turnout/express';
import express from 'express';
import { listenAndReport } from './report-to-parent.ts';

const app = turnout(express());
app.ws('/echo', (socket) => {
  socket.on('message', (data, isBinary) => {
    socket.send(data, { binary: isBinary });
  });
});
const server = createServer(app);
attach(server, app);
listenAndReport(server);

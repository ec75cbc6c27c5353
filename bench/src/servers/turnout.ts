// Turnout as its README shows it, on Express.
import { prepareMessage } from '@turnout/core';
import { createServer, turnout } from '@turnout/express';
import type { WebSocket } from '@turnout/core';
import { createHub } from '@turnout/topics';
import express from 'express';
import { listenAndReport } from './report-to-parent.ts';

const app = turnout(express(), { maxPayload: 64 * 1024 * 1024 });
app.ws('/echo', (socket) => {
  socket.on('message', (data, isBinary) => {
    socket.send(data, { binary: isBinary });
  });
});
app.ws('/strings', async (socket) => {
  for await (const message of socket) socket.send(message);
});
app.ws('/deflate', { perMessageDeflate: { threshold: 0 } }, (socket) => {
  socket.on('message', (data, isBinary) => {
    socket.send(data, { binary: isBinary });
  });
});
const everybody = new Set<WebSocket>();
app.ws('/fanout', (socket) => {
  everybody.add(socket);
  socket.on('close', () => everybody.delete(socket));
  socket.on('message', (data, isBinary) => {
    const message = prepareMessage(data, { binary: isBinary });
    for (const each of everybody) each.send(message);
  });
});
const topic = createHub().topic('fanout');
app.ws('/topic', async (socket) => {
  await topic.subscribe(socket);
  socket.on('message', (data, isBinary) => topic.publish(isBinary ? data : data.toString()));
});
await listenAndReport(createServer(app));
